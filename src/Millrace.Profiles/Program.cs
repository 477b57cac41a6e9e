using System.ComponentModel;
using System.Diagnostics;
using Millrace.Profiles;

const string Usage = """
    Usage: millrace-profile record DUMP -- COMMAND…         runs a program on the JIT; what its methods did is kept in DUMP
           millrace-profile write OUTPUT.mibc DUMP… FOLDER… makes a profile for NativeAOT of dumps; the folders have the program's assemblies

    Run the program itself (dotnet Program.dll, or its apphost), let it do what it is to be fast at, and let it end by itself. Counting makes it slow, so
    some ten thousand packets are enough. Then publish with IlcPgoOptimize true and IlcMibcPath the folder of OUTPUT, with a slash at its end.
    """;

try
{
    return args switch
    {
        ["record", var dump, "--", .. { Length: > 0 } command] => Record(dump, command),
        ["write", var output, .. { Length: > 1 } sources] => Write(output, sources),
        _ => Fail(Usage),
    };
}
catch (Exception exception) when (exception is IOException or InvalidDataException or UnauthorizedAccessException or BadImageFormatException or Win32Exception)
{
    return Fail(exception.Message);
}

static int Record(string dump, string[] command)
{
    File.Delete(dump);
    var start = new ProcessStartInfo(command[0], command.Skip(1));
    foreach (var (name, value) in Recording.Environment(dump))
    {
        start.Environment[name] = value;
    }

    using var process = Process.Start(start)!;
    process.WaitForExit();
    return File.Exists(dump) ? process.ExitCode
        : Fail($"{dump} was not written (exit code {process.ExitCode}): the program must run on the JIT, and end by itself.");
}

static int Write(string output, string[] sources)
{
    var profile = NativeProfile.Write(output, sources.Where(static source => !Directory.Exists(source)), sources.Where(Directory.Exists));
    Console.WriteLine($"{output}: {profile.MethodCount} methods; {profile.LeftOut} left out, which are generic themselves or not in the folders.");
    return 0;
}

static int Fail(string message)
{
    Console.Error.WriteLine(message);
    return 1;
}
