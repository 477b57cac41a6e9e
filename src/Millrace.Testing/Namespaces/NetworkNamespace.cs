using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Millrace.Interop;

namespace Millrace.Testing;

/// <summary>
/// A network namespace of Linux for a test: one thread lives in it, and what that thread opens or starts is in it too.
/// Descriptors that it opens can be used from any thread. The namespace ends with its last user. Needs CAP_SYS_ADMIN.
/// </summary>
public sealed class NetworkNamespace : IDisposable
{
    private static readonly Lazy<string?> Obstacle = new(FindObstacle);

    private readonly BlockingCollection<Action> work = [];
    private readonly Thread thread;

    /// <exception cref="InvalidOperationException">There is no namespace to be had: see <see cref="WhyUnavailable"/>.</exception>
    public NetworkNamespace()
    {
        if (WhyUnavailable is { } obstacle)
        {
            throw new InvalidOperationException(obstacle);
        }

        thread = new Thread(Live) { IsBackground = true, Name = "network namespace" };
        thread.Start();
        try
        {
            Run(Enter);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Why a namespace cannot be made here, or null if it can.</summary>
    public static string? WhyUnavailable => Obstacle.Value;

    /// <summary>Runs something on the thread of the namespace, and waits for it.</summary>
    public T Run<T>(Func<T> function)
    {
        T result = default!;
        Run(() => { result = function(); });
        return result;
    }

    public void Run(Action action)
    {
        ExceptionDispatchInfo? failure = null;
        using var done = new ManualResetEventSlim();
        work.Add(() =>
        {
            try
            {
                action();
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }
            finally
            {
                done.Set();
            }
        });
        done.Wait();
        failure?.Throw();
    }

    /// <summary>Runs a command in the namespace to its end.</summary>
    /// <returns>What it wrote to standard output.</returns>
    /// <exception cref="InvalidOperationException">It failed, or was not done after half a minute; the message has what it said.</exception>
    public string Execute(string command, params string[] arguments)
    {
        using var process = Start(command, arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromSeconds(30)))
        {
            process.Kill(entireProcessTree: true);
            throw new InvalidOperationException($"{command} {string.Join(' ', arguments)} was not done after 30 seconds.");
        }

        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{command} {string.Join(' ', arguments)} failed with {process.ExitCode}: {error.Result}");
        }

        return output.Result;
    }

    /// <summary>Starts a command in the namespace; its three streams are redirected.</summary>
    public Process Start(string command, params string[] arguments) => Run(() =>
    {
        var start = new ProcessStartInfo(command, arguments)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        return Process.Start(start) ?? throw new InvalidOperationException($"{command} was not started.");
    });

    /// <summary>Sets a kernel parameter under /proc/sys/net for the namespace, such as <c>ipv4/ip_forward</c>.</summary>
    public void SetParameter(string path, string value) => Run(() => File.WriteAllText(Path.Combine("/proc/sys/net", path), value));

    public void Dispose()
    {
        work.CompleteAdding();
        thread.Join();
        work.Dispose();
    }

    private static void Enter()
    {
        var error = Libc.UnshareNetwork();
        if (error != 0)
        {
            throw new InvalidOperationException($"unshare(CLONE_NEWNET) says {Libc.Describe(error)}: a network namespace needs CAP_SYS_ADMIN.");
        }

        using var loopback = new KernelInterface("lo");
        error = loopback.SetUp(true);
        if (error != 0)
        {
            throw new InvalidOperationException($"lo cannot be set up: {Libc.Describe(error)}.");
        }
    }

    private static string? FindObstacle()
    {
        if (!OperatingSystem.IsLinux())
        {
            return "Network namespaces are Linux's.";
        }

        // the thread that unshares is thrown away: there is no way back for it
        string? obstacle = null;
        var probe = new Thread(() =>
        {
            var error = Libc.UnshareNetwork();
            obstacle = error == 0 ? null : $"unshare(CLONE_NEWNET) says {Libc.Describe(error)}: a network namespace needs CAP_SYS_ADMIN.";
        });
        probe.Start();
        probe.Join();
        return obstacle;
    }

    private void Live()
    {
        foreach (var action in work.GetConsumingEnumerable())
        {
            action();
        }
    }
}
