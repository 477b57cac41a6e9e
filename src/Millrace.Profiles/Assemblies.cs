using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Millrace.Profiles;

/// <summary>A type or a method, and the assembly that defines it.</summary>
public readonly record struct Definition<THandle>(MetadataReader Reader, THandle Handle)
    where THandle : struct;

/// <summary>The assemblies whose methods a profile is about, and those whose types they use.</summary>
public sealed class Assemblies : IDisposable
{
    private readonly List<PEReader> files = [];
    private readonly Dictionary<string, Definition<TypeDefinitionHandle>> types = [];
    private readonly Dictionary<MetadataReader, PEReader> fileOf = [];

    /// <param name="folders">Looked through in this order; the first definition of a name counts.</param>
    public Assemblies(IEnumerable<string> folders)
    {
        ArgumentNullException.ThrowIfNull(folders);
        foreach (var file in folders.SelectMany(static folder => Directory.EnumerateFiles(folder, "*.dll").Order(StringComparer.Ordinal)))
        {
            Add(file);
        }
    }

    public void Dispose()
    {
        foreach (var file in files)
        {
            file.Dispose();
        }
    }

    /// <param name="fullName">With namespace, and with the types it is nested in before a plus sign each; without arguments.</param>
    public Definition<TypeDefinitionHandle>? FindType(string fullName) => types.TryGetValue(fullName, out var type) ? type : null;

    /// <summary>The methods of a type that have this name and IL of this length.</summary>
    public IEnumerable<Definition<MethodDefinitionHandle>> FindMethods(Definition<TypeDefinitionHandle> type, string name, int length)
    {
        var reader = type.Reader;
        return reader.GetTypeDefinition(type.Handle).GetMethods()
            .Where(handle => reader.GetMethodDefinition(handle) is var method
                && reader.StringComparer.Equals(method.Name, name)
                && method.RelativeVirtualAddress != 0
                && fileOf[reader].GetMethodBody(method.RelativeVirtualAddress).GetILReader().Length == length)
            .Select(handle => new Definition<MethodDefinitionHandle>(reader, handle));
    }

    private void Add(string path)
    {
        var file = new PEReader(File.OpenRead(path));
        files.Add(file);
        // a native library may be called .dll too
        if (!file.HasMetadata)
        {
            return;
        }

        var reader = file.GetMetadataReader();
        fileOf.Add(reader, file);
        foreach (var handle in reader.TypeDefinitions)
        {
            types.TryAdd(FullName(reader, handle), new(reader, handle));
        }
    }

    private static string FullName(MetadataReader reader, TypeDefinitionHandle handle)
    {
        var type = reader.GetTypeDefinition(handle);
        var name = reader.GetString(type.Name);
        return type.GetDeclaringType() is { IsNil: false } outer ? $"{FullName(reader, outer)}+{name}"
            : type.Namespace.IsNil ? name
            : $"{reader.GetString(type.Namespace)}.{name}";
    }
}
