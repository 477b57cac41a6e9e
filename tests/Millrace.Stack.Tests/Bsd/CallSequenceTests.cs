using Millrace.Sockets;
using static Millrace.Sockets.SocketOption;

namespace Millrace.Stack.Tests.Bsd;

/// <summary>The kernel is the oracle: each sequence of calls has the results, errors and readiness that it has there.</summary>
public sealed class CallSequenceTests
{
    public static TheoryData<string> Sequences => [.. CallSequences.All.Keys];

    [Theory]
    [MemberData(nameof(Sequences))]
    public void A_sequence_of_calls_does_what_it_does_on_Linux(string name)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The kernel to compare with is Linux.");
        Assert.Equal(Run(new KernelCalls(), name), Run(new StackCalls(), name));
    }

    public static TheoryData<int, int, int[]> Settings
    {
        get
        {
            var data = new TheoryData<int, int, int[]>();
            foreach (var value in new[] { -1, 0, 1, 2, 100, 127, 128, 200, 32_767, 32_768, 70_000, int.MaxValue })
            {
                foreach (var name in new[] { TcpNoDelay, TcpKeepIdle, TcpKeepInterval, TcpKeepCount, TcpSynCount, TcpLinger2, TcpUserTimeout })
                {
                    data.Add(TcpLevel, name, [value]);
                }

                data.Add(SocketLevel, ReuseAddress, [value]);
                data.Add(SocketLevel, KeepAlive, [value]);
                data.Add(SocketLevel, MaximumPacingRate, [value]);
                data.Add(SocketLevel, Linger, [value, 5]);
                data.Add(SocketLevel, SocketOption.Type, [value]);
                data.Add(SocketLevel, Error, [value]);
            }

            data.Add(TcpLevel, 999, [1]);
            data.Add(SocketLevel, 999, [1]);
            data.Add(77, 1, [1]);
            data.Add(TcpLevel, TcpNoDelay, []);
            data.Add(SocketLevel, Linger, [1]);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Settings))]
    public void An_option_takes_the_values_it_takes_on_Linux(int level, int name, int[] value)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The kernel to compare with is Linux.");
        Assert.Equal(Run(new KernelCalls(), Set), Run(new StackCalls(), Set));

        void Set(SocketCalls calls)
        {
            var fresh = calls.Socket(SocketCalls.Stream);
            calls.Set(fresh, level, name, value);
            calls.Get(fresh, level, name, 8);
            var (client, server) = CallSequences.Pair(calls);
            calls.Set(client, level, name, value);
            calls.Get(client, level, name, 8);
            calls.Get(server, level, name, 2);
        }
    }

    [Fact]
    public void Options_begin_as_they_do_on_Linux()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The kernel to compare with is Linux.");
        Assert.Equal(Run(new KernelCalls(), Ask), Run(new StackCalls(), Ask));

        static void Ask(SocketCalls calls)
        {
            CallSequences.Options(calls, calls.Socket(SocketCalls.Stream));
            CallSequences.Options(calls, CallSequences.Listener(calls));
        }
    }

    private static string Run(SocketCalls calls, string name) => Run(calls, CallSequences.All[name]);

    private static string Run(SocketCalls calls, Action<SocketCalls> sequence)
    {
        using (calls)
        {
            sequence(calls);
            return calls.Log;
        }
    }
}
