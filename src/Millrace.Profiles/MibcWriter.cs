using System.Globalization;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Millrace.Profiles;

/// <summary>
/// Writes a profile as NativeAOT's compiler reads it, by its option --mibc: an assembly whose IL is data (dotnet/runtime,
/// ILCompiler.ReadyToRun/IBC/MIbcProfileParser.cs). The global method AssemblyDictionary names a group of methods for each set of assemblies; the IL of
/// a group loads the token of each method, and then its counts as constants between two strings.
/// </summary>
public sealed class MibcWriter
{
    private const string Dictionary = "AssemblyDictionary";
    private const string Start = "InstrumentationDataStart";
    private const string End = "InstrumentationDataEnd";

    // where each of the four fields of a schema is given, none of them taken over from the one before (PgoFormat.cs)
    private const int AllFields = 0xF;

    // a type or method that was seen and cannot be named here; 1 to 32 are such
    private const int Unknown = 1;

    private readonly MetadataBuilder metadata = new();
    private readonly BlobBuilder bodies = new();
    private readonly MethodBodyStreamEncoder encoder;
    private readonly Assemblies assemblies;
    private readonly References references;
    private readonly SortedDictionary<string, InstructionEncoder> groups = new(StringComparer.Ordinal);

    /// <param name="assemblies">Those that define the methods and the types they use.</param>
    public MibcWriter(Assemblies assemblies)
    {
        this.assemblies = assemblies;
        references = new References(metadata, assemblies);
        encoder = new MethodBodyStreamEncoder(bodies);
    }

    /// <summary>Methods that were taken up.</summary>
    public int MethodCount { get; private set; }

    /// <summary>Takes up a method.</summary>
    /// <returns>Whether its type is known and exactly one method has its name and length, and is not generic itself: the runtime's text does not say for what.</returns>
    public bool TryAdd(MethodProfile profile)
    {
        ArgumentNullException.ThrowIfNull(profile);
        var names = new List<string>();
        if (Find(profile, names) is not { } method)
        {
            return false;
        }

        var il = Group(string.Concat(names.Take(1).Concat(names.Skip(1).Order(StringComparer.Ordinal)).Distinct().Select(static name => name + ";")));
        il.OpCode(ILOpCode.Ldtoken);
        il.Token(method);
        il.LoadString(metadata.GetOrAddUserString(Start));
        foreach (var schema in profile.Schemas)
        {
            Write(il, schema);
        }

        il.LoadString(metadata.GetOrAddUserString(End));
        il.OpCode(ILOpCode.Pop);
        MethodCount++;
        return true;
    }

    /// <summary>Writes all that was taken up.</summary>
    /// <param name="name">Of the assembly.</param>
    public void WriteTo(Stream stream, string name)
    {
        metadata.AddModule(0, metadata.GetOrAddString(name), metadata.GetOrAddGuid(default), default, default);
        metadata.AddAssembly(metadata.GetOrAddString(name), new Version(0, 0, 0, 0), default, default, 0, AssemblyHashAlgorithm.None);
        metadata.AddTypeDefinition(
            default, default, metadata.GetOrAddString("<Module>"), default, MetadataTokens.FieldDefinitionHandle(1), MetadataTokens.MethodDefinitionHandle(1));
        var dictionary = new InstructionEncoder(new BlobBuilder());
        var number = 0;
        foreach (var (group, il) in groups)
        {
            dictionary.LoadString(metadata.GetOrAddUserString(group));
            dictionary.OpCode(ILOpCode.Ldtoken);
            dictionary.Token(AddGlobal(string.Create(CultureInfo.InvariantCulture, $"Methods{number++}"), il));
            dictionary.OpCode(ILOpCode.Pop);
        }

        AddGlobal(Dictionary, dictionary);
        var image = new BlobBuilder();
        new ManagedPEBuilder(
            PEHeaderBuilder.CreateLibraryHeader(), new MetadataRootBuilder(metadata), bodies, deterministicIdProvider: static _ => default).Serialize(image);
        image.WriteContentTo(stream);
    }

    private EntityHandle? Find(MethodProfile profile, List<string> names)
    {
        // a method's name may have dots too, so the longest type that there is
        for (var dot = LastDot(profile.FullName, profile.FullName.Length); dot > 0; dot = LastDot(profile.FullName, dot))
        {
            if (!TypeName.TryParse(profile.FullName.AsSpan(0, dot), out var type)
                || assemblies.FindType((type.IsConstructedGenericType ? type.GetGenericTypeDefinition() : type).FullName) is not { } definition)
            {
                continue;
            }

            var methods = assemblies.FindMethods(definition, profile.FullName[(dot + 1)..], profile.ILLength).ToArray();
            return methods.Length == 1
                && methods[0].Reader.GetMethodDefinition(methods[0].Handle).GetGenericParameters().Count == 0
                && references.Type(type, names) is { } parent
                ? references.Method(parent, methods[0])
                : null;
        }

        return null;
    }

    // outside of brackets; of the two dots of ..ctor the first
    private static int LastDot(string name, int before)
    {
        var depth = 0;
        for (var i = before - 1; i > 0; i--)
        {
            depth += name[i] switch { ']' => 1, '[' => -1, _ => 0 };
            if (depth == 0 && name[i] == '.' && name[i - 1] != '.')
            {
                return i;
            }
        }

        return -1;
    }

    private InstructionEncoder Group(string name)
    {
        if (!groups.TryGetValue(name, out var il))
        {
            il = new InstructionEncoder(new BlobBuilder());
            groups.Add(name, il);
        }

        return il;
    }

    private void Write(InstructionEncoder il, Schema schema)
    {
        il.LoadConstantI4(AllFields);
        il.LoadConstantI4(schema.ILOffset);
        il.LoadConstantI4(schema.Kind);
        il.LoadConstantI4(schema.Values.Count);
        il.LoadConstantI4(schema.Other);
        foreach (var value in schema.Values)
        {
            switch (schema.Value)
            {
                case SchemaValue.FourByte or SchemaValue.EightByte:
                    Write(il, long.Parse(value, CultureInfo.InvariantCulture));
                    break;
                case SchemaValue.TypeHandle when Seen(value) is { } type:
                    il.OpCode(ILOpCode.Ldtoken);
                    il.Token(type);
                    break;
                case SchemaValue.TypeHandle or SchemaValue.MethodHandle:
                    il.LoadConstantI4(value == "NULL" ? 0 : Unknown);
                    break;
                default:
                    // no data
                    break;
            }
        }
    }

    private static void Write(InstructionEncoder il, long value)
    {
        if (value is >= int.MinValue and <= int.MaxValue)
        {
            il.LoadConstantI4((int)value);
        }
        else
        {
            il.LoadConstantI8(value);
        }
    }

    private EntityHandle? Seen(string type) => TypeName.TryParse(type, out var name) ? references.Type(name, []) : null;

    private MethodDefinitionHandle AddGlobal(string name, InstructionEncoder il)
    {
        var signature = new BlobBuilder();
        new BlobEncoder(signature).MethodSignature().Parameters(0, static result => result.Void(), static _ => { });
        return metadata.AddMethodDefinition(
            MethodAttributes.Public | MethodAttributes.Static, MethodImplAttributes.IL, metadata.GetOrAddString(name), metadata.GetOrAddBlob(signature),
            encoder.AddMethodBody(il, maxStack: 8), MetadataTokens.ParameterHandle(1));
    }
}
