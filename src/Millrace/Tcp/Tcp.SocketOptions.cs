using Millrace.Interop;

namespace Millrace.Tcp;

/// <content>What an application chooses for a connection, in place of the settings of the stack.</content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    /// <summary>MAX_TCP_KEEPIDLE, and MAX_TCP_KEEPINTVL.</summary>
    private const int MaximumKeepAliveSeconds = 32_767;

    /// <summary>MAX_TCP_KEEPCNT, and MAX_TCP_SYNCNT.</summary>
    private const int MaximumCount = 127;

    private readonly NativeTable<SocketOptions> socketOptions;

    public override bool TrySetOption(int index, TcpOption option, int value)
    {
        if (!IsAllowed(option, value))
        {
            return false;
        }

        ref var connection = ref connections[index];
        ref var options = ref socketOptions[index];
        if (!connection.Has(TcpTraits.OptionsSet))
        {
            options = Options(index);
            connection.Traits |= TcpTraits.OptionsSet;
        }

        switch (option)
        {
            case TcpOption.KeepAlive:
                var isNew = value != 0 && !options.KeepAlive;
                options.KeepAlive = value != 0;
                if (isNew)
                {
                    RestartKeepAlive(index, ref connection);
                }

                break;
            case TcpOption.KeepIdle:
                options.KeepIdle = (ushort)value;
                RestartKeepAlive(index, ref connection);
                break;
            case TcpOption.KeepInterval:
                options.KeepInterval = (ushort)value;
                break;
            case TcpOption.KeepCount:
                options.KeepCount = (byte)value;
                break;
            case TcpOption.SynCount:
                options.SynCount = (byte)value;
                break;
            case TcpOption.Linger2:
                options.Linger2 = (short)Math.Clamp(value, -1, MaximumLinger2);
                break;
            case TcpOption.UserTimeout:
                options.UserTimeout = value;
                break;
        }

        return true;
    }

    public override bool IsAllowed(TcpOption option, int value)
    {
        var (least, most) = option switch
        {
            TcpOption.KeepAlive => (int.MinValue, int.MaxValue),
            TcpOption.KeepIdle or TcpOption.KeepInterval => (1, MaximumKeepAliveSeconds),
            TcpOption.KeepCount or TcpOption.SynCount => (1, MaximumCount),
            TcpOption.Linger2 => (int.MinValue, int.MaxValue),
            TcpOption.UserTimeout => (0, int.MaxValue),
            _ => throw new ArgumentOutOfRangeException(nameof(option)),
        };
        return value >= least && value <= most;
    }

    public override int OptionOf(int index, TcpOption option) => ValueOf(Options(index), option);

    private int ValueOf(in SocketOptions options, TcpOption option) => option switch
    {
        TcpOption.KeepAlive => options.KeepAlive ? 1 : 0,
        TcpOption.KeepIdle => options.KeepIdle,
        TcpOption.KeepInterval => options.KeepInterval,
        TcpOption.KeepCount => options.KeepCount,
        TcpOption.SynCount => options.SynCount,
        TcpOption.Linger2 => options.Linger2 == 0 ? settings.FinTimeoutSeconds : options.Linger2,
        TcpOption.UserTimeout => options.UserTimeout,
        _ => throw new ArgumentOutOfRangeException(nameof(option)),
    };

    /// <summary>What counts for a connection: its application's choice, or the stack's settings.</summary>
    private SocketOptions Options(int index) => connections[index].Has(TcpTraits.OptionsSet) ? socketOptions[index] : DefaultOptions;

    private SocketOptions DefaultOptions => new()
    {
        KeepAlive = settings.KeepAlive,
        KeepIdle = (ushort)settings.KeepAliveTimeSeconds,
        KeepInterval = (ushort)settings.KeepAliveIntervalSeconds,
        KeepCount = (byte)settings.KeepAliveProbes,
        SynCount = (byte)settings.SynRetries,
    };

    /// <summary>Milliseconds, 0 for none: the only option that is asked for where it is not set by anybody.</summary>
    private int UserTimeoutOf(int index) => connections[index].Has(TcpTraits.OptionsSet) ? socketOptions[index].UserTimeout : 0;
}
