using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace Millrace.Profiles;

/// <summary>Names types and methods of other assemblies in the metadata of the one that is written.</summary>
internal sealed class References(MetadataBuilder metadata, Assemblies assemblies)
{
    // so it is called in profiles: the stand-in for any reference type (ILCompiler's MIbcProfileParser)
    private const string Canon = "System.__Canon";
    private const string CanonAssembly = "System.Private.Canon";

    private readonly Dictionary<string, AssemblyReferenceHandle> named = [];
    private readonly Dictionary<(MetadataReader, EntityHandle), EntityHandle> known = [];

    /// <summary>The type of this name as the parent of a method, or null if a part of it is not known.</summary>
    /// <param name="names">Receives the names of the assemblies that define it and its arguments, its own first.</param>
    public EntityHandle? Type(TypeName type, List<string> names)
    {
        if (!type.IsConstructedGenericType)
        {
            return Plain(type, names)?.Handle;
        }

        var blob = new BlobBuilder();
        return Encode(type, blob, names) ? metadata.AddTypeSpecification(metadata.GetOrAddBlob(blob)) : null;
    }

    /// <summary>A method of <paramref name="parent"/>, with the signature it is defined with.</summary>
    public MemberReferenceHandle Method(EntityHandle parent, Definition<MethodDefinitionHandle> method)
    {
        var definition = method.Reader.GetMethodDefinition(method.Handle);
        var signature = new BlobBuilder();
        new SignatureCopy(method.Reader.GetBlobReader(definition.Signature), signature, token => Imported(method.Reader, token)).Method();
        return metadata.AddMemberReference(
            parent, metadata.GetOrAddString(method.Reader.GetString(definition.Name)), metadata.GetOrAddBlob(signature));
    }

    public string AssemblyName(MetadataReader reader) => reader.GetString(reader.GetAssemblyDefinition().Name);

    private bool Encode(TypeName type, BlobBuilder blob, List<string> names)
    {
        if (type.IsArray || type.IsByRef || type.IsPointer)
        {
            // no struct that is a type argument needs them but an array of one dimension
            blob.WriteByte((byte)SignatureTypeCode.SZArray);
            return type.IsSZArray && Encode(type.GetElementType(), blob, names);
        }

        if (Primitives.Code(type.FullName) is { } code)
        {
            blob.WriteByte((byte)code);
            return true;
        }

        var definition = type.IsConstructedGenericType ? type.GetGenericTypeDefinition() : type;
        if (Plain(definition, names) is not { } plain)
        {
            return false;
        }

        if (type.IsConstructedGenericType)
        {
            blob.WriteByte((byte)SignatureTypeCode.GenericTypeInstance);
        }

        blob.WriteByte((byte)(plain.IsValueType ? SignatureTypeKind.ValueType : SignatureTypeKind.Class));
        blob.WriteCompressedInteger(CodedIndex.TypeDefOrRefOrSpec(plain.Handle));
        if (!type.IsConstructedGenericType)
        {
            return true;
        }

        var arguments = type.GetGenericArguments();
        blob.WriteCompressedInteger(arguments.Length);
        return arguments.All(argument => Encode(argument, blob, names));
    }

    private (EntityHandle Handle, bool IsValueType)? Plain(TypeName type, List<string> names)
    {
        if (type.FullName == Canon)
        {
            return (metadata.AddTypeReference(Assembly(CanonAssembly), metadata.GetOrAddString("System"), metadata.GetOrAddString("__Canon")), false);
        }

        if (assemblies.FindType(type.FullName) is not { } found)
        {
            return null;
        }

        names.Add(AssemblyName(found.Reader));
        return (Imported(found.Reader, found.Handle), IsValueType(found));
    }

    private static bool IsValueType(Definition<TypeDefinitionHandle> type)
    {
        var reader = type.Reader;
        var parent = reader.GetTypeDefinition(type.Handle).BaseType;
        var name = parent.Kind switch
        {
            // an interface, or System.Object
            _ when parent.IsNil => default,
            HandleKind.TypeReference => reader.GetTypeReference((TypeReferenceHandle)parent).Name,
            HandleKind.TypeDefinition => reader.GetTypeDefinition((TypeDefinitionHandle)parent).Name,
            _ => default,
        };
        return reader.StringComparer.Equals(name, nameof(ValueType)) || reader.StringComparer.Equals(name, nameof(Enum));
    }

    /// <summary>What a handle of another assembly means, named from here.</summary>
    private EntityHandle Imported(MetadataReader reader, EntityHandle handle)
    {
        if (!known.TryGetValue((reader, handle), out var imported))
        {
            imported = handle.Kind switch
            {
                HandleKind.TypeDefinition => Imported(reader, (TypeDefinitionHandle)handle),
                HandleKind.TypeReference => Imported(reader, (TypeReferenceHandle)handle),
                HandleKind.TypeSpecification => Imported(reader, (TypeSpecificationHandle)handle),
                HandleKind.AssemblyReference => Assembly(reader.GetString(reader.GetAssemblyReference((AssemblyReferenceHandle)handle).Name)),
                _ => Assembly(AssemblyName(reader)),
            };
            known.Add((reader, handle), imported);
        }

        return imported;
    }

    private TypeReferenceHandle Imported(MetadataReader reader, TypeDefinitionHandle handle)
    {
        var type = reader.GetTypeDefinition(handle);
        var outer = type.GetDeclaringType();
        return Reference(reader, outer.IsNil ? Assembly(AssemblyName(reader)) : Imported(reader, (EntityHandle)outer), type.Namespace, type.Name);
    }

    private TypeReferenceHandle Imported(MetadataReader reader, TypeReferenceHandle handle)
    {
        var type = reader.GetTypeReference(handle);
        return Reference(reader, Imported(reader, type.ResolutionScope), type.Namespace, type.Name);
    }

    private TypeSpecificationHandle Imported(MetadataReader reader, TypeSpecificationHandle handle)
    {
        var blob = new BlobBuilder();
        new SignatureCopy(reader.GetBlobReader(reader.GetTypeSpecification(handle).Signature), blob, token => Imported(reader, token)).Type();
        return metadata.AddTypeSpecification(metadata.GetOrAddBlob(blob));
    }

    private TypeReferenceHandle Reference(MetadataReader reader, EntityHandle scope, StringHandle space, StringHandle name) =>
        metadata.AddTypeReference(
            scope, space.IsNil ? default : metadata.GetOrAddString(reader.GetString(space)), metadata.GetOrAddString(reader.GetString(name)));

    // by name alone: the compiler has one assembly of each
    private AssemblyReferenceHandle Assembly(string name)
    {
        if (!named.TryGetValue(name, out var assembly))
        {
            assembly = metadata.AddAssemblyReference(metadata.GetOrAddString(name), new Version(0, 0, 0, 0), default, default, (AssemblyFlags)0, default);
            named.Add(name, assembly);
        }

        return assembly;
    }
}
