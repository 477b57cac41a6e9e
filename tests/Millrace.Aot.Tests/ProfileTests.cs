using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.Loader;
using Millrace.Profiles;

namespace Millrace.Aot.Tests;

/// <summary>What the runtime counts, and what NativeAOT's compiler is given of it; the runtime itself says which methods the tokens mean.</summary>
public sealed class ProfileTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("millrace-profile-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void The_runtime_counts_every_datagram()
    {
        using var text = File.OpenText(EchoRecording.Record(folder));
        var check = Assert.Single(ProfileDump.Read(text), method => method.FullName == "UdpEcho.EchoTally.Check");
        // beyond some thousand the runtime counts by chance, on the average right
        var most = check.Schemas.Where(schema => schema.IsCount).Max(schema => int.Parse(schema.Values[0], null));
        Assert.InRange(most, 90_000, 110_000);
    }

    [Fact]
    public void A_text_is_read_with_all_its_kinds_of_values()
    {
        var method = Assert.Single(ProfileDump.Read(new StringReader("""
            *** START PGO Data, max index = 1 ***
            @@@ codehash 0x00000001 methodhash 0x00000002 ilSize 0x0000001F records 0x00000003
            MethodName: Acme.Table`1[System.Int32]..ctor
            Signature: instance void  (!0)
            Schema InstrumentationKind 385 ILOffset 12 Count 1 Other 20
            4294967295
            Schema InstrumentationKind 386 ILOffset 20 Count 1 Other 0
            5 1
            Schema InstrumentationKind 195 ILOffset 25 Count 2 Other 3221225472
            TypeHandle: Acme.Row, Acme, Version=1.0.0.0
            TypeHandle: NULL
            *** END PGO Data ***

            """)));
        Assert.Equal(("Acme.Table`1[System.Int32]..ctor", 31), (method.FullName, method.ILLength));
        Assert.Equal((12, 20), (method.Schemas[0].ILOffset, method.Schemas[0].Other));
        Assert.Equal([SchemaValue.FourByte, SchemaValue.EightByte, SchemaValue.TypeHandle], method.Schemas.Select(schema => schema.Value));
        Assert.Equal(
            ["4294967295", ((1L << 32) + 5).ToString(null, null), "Acme.Row, Acme, Version=1.0.0.0", "NULL"],
            method.Schemas.SelectMany(schema => schema.Values));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Millrace")]
    public void Any_other_text_is_refused(string text) =>
        Assert.Contains("DOTNET_WritePGOData=1", Assert.Throws<InvalidDataException>(() => ProfileDump.Read(new StringReader(text)).ToArray()).Message, StringComparison.Ordinal);

    [Fact]
    public void Runs_are_added_up_and_types_seen_are_those_of_the_first()
    {
        var first = new MethodProfile("A.B", "", 7, [new(385, 1, 2, ["3"]), new(195, 4, 0, ["A"])]);
        var merged = MethodProfile.Merge([first, first with { Schemas = [new(385, 1, 2, ["2147483647"]), new(385, 9, 2, ["8"]), new(195, 4, 0, ["B"])] }]);
        Assert.Equal(["2147483647", "A", "8"], merged.Schemas.Select(schema => schema.Values[0]));
    }

    [Fact]
    public void Tokens_of_a_profile_mean_the_methods_that_were_counted()
    {
        MethodBase[] methods =
        [
            typeof(Plain).GetMethod(nameof(Plain.Overloaded), [typeof(int)])!,
            typeof(Plain).GetConstructor([typeof(Dictionary<string, int[]>)])!,
            typeof(Outer<Key>.Inner<byte>).GetMethod(nameof(Outer<>.Inner<>.Both))!,
            typeof(Outer<Outer<Key>.Inner<Plain>>.Inner<long>).GetMethod(nameof(Outer<>.Inner<>.Modified))!,
            typeof(IExplicit).GetMethod(nameof(IExplicit.Name))!,
        ];
        var explicitly = typeof(Plain).GetMethods(BindingFlags.NonPublic | BindingFlags.Instance).Single(method => method.Name.EndsWith(".IExplicit.Name", StringComparison.Ordinal));
        methods[^1] = explicitly;
        Assert.Equal(methods, Written(methods.Select(method => Profile(method)), out var leftOut));
        Assert.Equal(0, leftOut);
    }

    [Fact]
    public void What_cannot_be_told_apart_or_found_is_left_out()
    {
        var generic = typeof(Plain).GetMethod(nameof(Plain.Generic))!;
        var twins = typeof(Twins).GetMethod(nameof(Twins.Same), [typeof(int)])!;
        MethodProfile[] profiles =
        [
            Profile(generic),
            Profile(twins),
            Profile(twins) with { FullName = "Acme.Absent.Method" },
            Profile(twins) with { FullName = "Millrace.Aot.Tests.ProfileTests+Outer`1[Acme.Absent]+Inner`1[System.Byte].Both" },
            Profile(typeof(Plain).GetMethod(nameof(Plain.Overloaded), [typeof(int)])!) with { ILLength = 3 },
        ];
        Assert.Empty(Written(profiles, out var leftOut));
        Assert.Equal(profiles.Length, leftOut);
    }

    private static MethodProfile Profile(MethodBase method) => new(
        $"{TypeText(method.DeclaringType!)}.{method.Name}", "", method.GetMethodBody()!.GetILAsByteArray()!.Length,
        [new(385, 1, 2, ["3"]), new(386, 4, 0, [long.MaxValue.ToString(null, null)]), new(195, 5, 0, [typeof(Plain).AssemblyQualifiedName!, "NULL", "Acme.Absent"])]);

    // as the runtime writes it: arguments without assemblies, all of them behind the innermost name
    private static string TypeText(Type type) => type.IsArray ? TypeText(type.GetElementType()!) + "[]"
        : type.IsGenericType ? $"{type.GetGenericTypeDefinition().FullName}[{string.Join(',', type.GetGenericArguments().Select(TypeText))}]"
        : type.FullName!;

    // Loads what was written as the assembly it is, and lets the runtime resolve every method of every group.
    private MethodBase[] Written(IEnumerable<MethodProfile> profiles, out int leftOut)
    {
        using var assemblies = new Assemblies([AppContext.BaseDirectory, Path.GetDirectoryName(typeof(object).Assembly.Location)!]);
        var writer = new MibcWriter(assemblies);
        leftOut = profiles.Count(profile => !writer.TryAdd(profile));
        var image = new MemoryStream();
        writer.WriteTo(image, "profile");
        image.Position = 0;
        var context = new AssemblyLoadContext("profile", isCollectible: true);
        context.Resolving += static (_, name) => AppDomain.CurrentDomain.GetAssemblies().Single(loaded => loaded.GetName().Name == name.Name);
        var module = context.LoadFromStream(image).ManifestModule;
        var groups = Tokens(module.GetMethod("AssemblyDictionary")!).Select(token => module.ResolveMethod(token)!);
        return [.. groups.SelectMany(group => Tokens((MethodInfo)group).Where(token => token >> 24 == 0x0A).Select(token => module.ResolveMethod(token)!))];
    }

    // ldtoken's, of IL that has no other instructions than these
    private static IEnumerable<int> Tokens(MethodInfo method)
    {
        var il = method.GetMethodBody()!.GetILAsByteArray()!;
        for (var at = 0; at < il.Length;)
        {
            var code = il[at++];
            if (code == OpCodes.Ldtoken.Value)
            {
                yield return BitConverter.ToInt32(il, at);
            }

            at += code switch { 0x1F => 1, 0x20 or 0x72 or 0xD0 => 4, 0x21 => 8, _ => 0 };
        }
    }

    private interface IExplicit
    {
        string Name(string text);
    }

    private readonly struct Key;

    private sealed class Outer<TOuter>
    {
        public readonly struct Inner<TInner>
        {
            public TInner Both(TOuter[] outer, ref TInner inner, int[,] table) => outer.Length + table.Length > 0 ? inner : throw new InvalidOperationException();

            public int Modified(in TInner inner, List<Outer<TInner>> list) => inner is null ? 0 : list.Count;
        }
    }

    [SuppressMessage("Performance", "CA1822", Justification = "Methods of an instance.")]
    private sealed class Plain(Dictionary<string, int[]> table) : IExplicit
    {
        public int Overloaded(int value) => value + 1;

        public int Overloaded(string value) => value.Length + table.Count + 1;

        public T Generic<T>(T value) => value is null ? throw new InvalidOperationException() : value;

        string IExplicit.Name(string text) => text + table.Count;
    }

    private static class Twins
    {
        public static int Same(int value) => value;

        public static long Same(long value) => value;
    }
}
