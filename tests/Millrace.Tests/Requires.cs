using System.Reflection;
using Millrace.Testing;

namespace Millrace.Tests;

/// <summary>
/// What a test needs of the machine. Without it the test is skipped with the reason; where the environment says CI=true a
/// skip would hide something, so it fails.
/// </summary>
internal static class Requires
{
    public static void Root() => Need(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "It needs root on Linux.");

    public static void NetworkNamespaces() => Need(NetworkNamespace.WhyUnavailable is null, NetworkNamespace.WhyUnavailable ?? string.Empty);

    /// <summary>/dev/net/tun, in a namespace of the test's own.</summary>
    public static void Tap()
    {
        NetworkNamespaces();
        Need(File.Exists("/dev/net/tun"), "There is no /dev/net/tun (modprobe tun).");
    }

    /// <summary>A kernel that is no older: what is compared with its behaviour was compared with that of this one.</summary>
    public static void Kernel(int major, int minor) => Need(
        OperatingSystem.IsLinux() && Environment.OSVersion.Version >= new Version(major, minor),
        $"It needs Linux {major}.{minor} or later; this is {Environment.OSVersion.Version}.");

    /// <summary>A program on the path.</summary>
    public static void Tool(string name)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator);
        Need(folders.Any(folder => File.Exists(Path.Combine(folder, name))), $"It needs {name} on the PATH.");
    }

    /// <summary>
    /// The folder of captures that others made: MILLRACE_CAPTURES, or shared/captures beside the repository. They are no part
    /// of the project and cannot be installed, so without them a test is skipped even where CI=true; the tests run on
    /// captures of our own as well.
    /// </summary>
    public static string Captures()
    {
        var folder = CapturesFolder;
        if (folder is null)
        {
            Assert.Skip("There is no folder of captures that others made: set MILLRACE_CAPTURES.");
        }

        return folder;
    }

    /// <summary>The same, or null, for a test that has captures of its own too.</summary>
    public static string? CapturesFolder
    {
        get
        {
            if (Environment.GetEnvironmentVariable("MILLRACE_CAPTURES") is { Length: > 0 } named)
            {
                return Directory.Exists(named) ? named : null;
            }

            // the repository may be a worktree some folders further down
            for (var folder = new DirectoryInfo(RepositoryRoot).Parent; folder is not null; folder = folder.Parent)
            {
                var captures = Path.Combine(folder.FullName, "shared", "captures");
                if (Directory.Exists(captures))
                {
                    return captures;
                }
            }

            return null;
        }
    }

    public static string RepositoryRoot { get; } = typeof(Requires).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "RepositoryRoot").Value!;

    private static void Need(bool there, string reason)
    {
        if (there)
        {
            return;
        }

        if (string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase))
        {
            Assert.Fail($"Skipped, which CI=true does not allow. {reason}");
        }

        Assert.Skip(reason);
    }
}
