using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace Millrace.Profiles;

/// <summary>Copies a signature (ECMA-335 II.23.2) into another assembly, where the types it names have other numbers.</summary>
/// <param name="imported">The number there of a type here.</param>
internal sealed class SignatureCopy(BlobReader source, BlobBuilder target, Func<EntityHandle, EntityHandle> imported)
{
    // a field of its own: reading moves it on
    private BlobReader source = source;

    /// <summary>The signature of a method (II.23.2.1).</summary>
    public void Method()
    {
        var header = source.ReadSignatureHeader();
        target.WriteByte(header.RawValue);
        if (header.IsGeneric)
        {
            Integer();
        }

        var parameters = Integer();
        for (var i = 0; i <= parameters; i++)
        {
            Type();
        }
    }

    /// <summary>A type (II.23.2.12), or a parameter or result.</summary>
    public void Type()
    {
        var code = source.ReadByte();
        target.WriteByte(code);
        switch ((SignatureTypeCode)code)
        {
            case SignatureTypeCode.Pointer or SignatureTypeCode.ByReference or SignatureTypeCode.SZArray or SignatureTypeCode.Pinned:
                Type();
                break;
            case (SignatureTypeCode)SignatureTypeKind.Class or (SignatureTypeCode)SignatureTypeKind.ValueType:
                Token();
                break;
            case SignatureTypeCode.GenericTypeParameter or SignatureTypeCode.GenericMethodParameter:
                Integer();
                break;
            case SignatureTypeCode.GenericTypeInstance:
                Type();
                for (var arguments = Integer(); arguments > 0; arguments--)
                {
                    Type();
                }

                break;
            case SignatureTypeCode.Array:
                Type();
                Integer();
                Integers();
                Integers();
                break;
            case SignatureTypeCode.FunctionPointer:
                Method();
                break;
            case SignatureTypeCode.RequiredModifier or SignatureTypeCode.OptionalModifier:
                Token();
                Type();
                break;
            default:
                // a code that stands alone
                break;
        }
    }

    private void Integers()
    {
        for (var count = Integer(); count > 0; count--)
        {
            Integer();
        }
    }

    // lower bounds of arrays are signed, but as bytes they are the same
    private int Integer()
    {
        var value = source.ReadCompressedInteger();
        target.WriteCompressedInteger(value);
        return value;
    }

    private void Token() => target.WriteCompressedInteger(CodedIndex.TypeDefOrRefOrSpec(imported(source.ReadTypeHandle())));
}
