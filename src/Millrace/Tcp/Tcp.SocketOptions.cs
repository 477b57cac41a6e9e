using Millrace.Interop;

namespace Millrace.Tcp;

/// <content>What an application chooses for a connection, in place of the settings of the stack.</content>
public sealed partial class Tcp<TSettings, TMemory, TSmallQueues, TApplications, TCongestionControl>
{
    /// <summary>MAX_TCP_KEEPIDLE, and MAX_TCP_KEEPINTVL.</summary>
    private const int MaximumKeepAliveSeconds = 32_767;

    /// <summary>MAX_TCP_KEEPCNT, and MAX_TCP_SYNCNT.</summary>
    private const int MaximumCount = 127;

    // TCP_MIN_MSS, MAX_TCP_WINDOW
    private const int MinimumUserMss = 88;
    private const int MaximumUserMss = 32_767;

    private readonly NativeTable<SocketOptions> socketOptions;

    public override bool TrySetOption(int index, TcpOption option, int value)
    {
        if (!IsAllowed(option, value))
        {
            return false;
        }

        ref var connection = ref connections[index];
        switch (option)
        {
            case TcpOption.Cork:
                SetCork(index, ref connection, value != 0);
                return true;
            case TcpOption.QuickAck:
                SetQuickAck(index, ref connection, value);
                return true;
            case TcpOption.MaximumPacingRate:
                SetMaximumPacingRate(index, ref connection, value);
                return true;
            default:
                Choose(index, ref connection, option, value);
                return true;
        }
    }

    private void Choose(int index, ref TcpConnection connection, TcpOption option, int value)
    {
        ref var options = ref OwnOptions(index, ref connection);
        var wasProbed = options.KeepAlive;
        Assign(ref options, option, value);
        switch (option)
        {
            case TcpOption.KeepAlive when !wasProbed:
            case TcpOption.KeepIdle:
                RestartKeepAlive(index, ref connection);
                break;
            case TcpOption.NotSentLowat:
                LimitNotSent(index, ref connection);
                break;
            case TcpOption.MaximumSegment:
                StartReceivingAnew(ref connection);
                break;
        }
    }

    private void Assign(ref SocketOptions options, TcpOption option, int value)
    {
        switch (option)
        {
            case TcpOption.KeepAlive:
                options.KeepAlive = value != 0;
                break;
            case TcpOption.KeepIdle:
                options.KeepIdle = (ushort)value;
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
            case TcpOption.DeferAccept:
                options.DeferAccept = RetriesOf(value);
                break;
            case TcpOption.NotSentLowat:
                options.NotSentLowat = value;
                break;
            case TcpOption.MaximumSegment:
                options.MaximumSegment = (ushort)value;
                break;
        }
    }

    public override bool IsAllowed(TcpOption option, int value)
    {
        var (least, most) = option switch
        {
            TcpOption.KeepIdle or TcpOption.KeepInterval => (1, MaximumKeepAliveSeconds),
            TcpOption.KeepCount or TcpOption.SynCount => (1, MaximumCount),
            TcpOption.UserTimeout => (0, int.MaxValue),
            TcpOption.MaximumSegment when value != 0 => (MinimumUserMss, MaximumUserMss),
            _ => (int.MinValue, int.MaxValue),
        };
        return value >= least && value <= most;
    }

    public override int OptionOf(int index, TcpOption option)
    {
        ref var connection = ref connections[index];
        return option switch
        {
            TcpOption.Cork => connection.Has(TcpTraits.Corked) ? 1 : 0,
            TcpOption.QuickAck => connection.Ack.IsInteractive ? 0 : 1,
            TcpOption.MaximumPacingRate => MaximumPacingRate(index),
            TcpOption.MaximumSegment => connection.Mss == 0 ? DefaultMss : connection.Mss,
            _ => ValueOf(Options(index), option),
        };
    }

    public override int ValueFor(TcpOption option, int asked)
    {
        if (option is TcpOption.Cork or TcpOption.QuickAck)
        {
            return asked != 0 ? 1 : 0;
        }

        if (option == TcpOption.MaximumPacingRate)
        {
            return asked;
        }

        var options = DefaultOptions;
        Assign(ref options, option, asked);
        return ValueOf(in options, option);
    }

    private int ValueOf(in SocketOptions options, TcpOption option) => option switch
    {
        TcpOption.KeepAlive => options.KeepAlive ? 1 : 0,
        TcpOption.KeepIdle => options.KeepIdle,
        TcpOption.KeepInterval => options.KeepInterval,
        TcpOption.KeepCount => options.KeepCount,
        TcpOption.SynCount => options.SynCount,
        TcpOption.Linger2 => options.Linger2 == 0 ? settings.FinTimeoutSeconds : options.Linger2,
        TcpOption.UserTimeout => options.UserTimeout,
        TcpOption.Cork => 0,
        TcpOption.QuickAck => 1,
        TcpOption.DeferAccept => SecondsOf(options.DeferAccept),
        TcpOption.NotSentLowat => options.NotSentLowat,
        TcpOption.MaximumSegment => options.MaximumSegment == 0 ? DefaultMss : options.MaximumSegment,
        TcpOption.MaximumPacingRate => -1,
        _ => throw new ArgumentOutOfRangeException(nameof(option)),
    };

    /// <summary>The connection's own entry, which from now on counts.</summary>
    private ref SocketOptions OwnOptions(int index, ref TcpConnection connection)
    {
        ref var options = ref socketOptions[index];
        if (!connection.Has(TcpTraits.OptionsSet))
        {
            options = DefaultOptions;
            connection.Traits |= TcpTraits.OptionsSet;
        }

        return ref options;
    }

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

    /// <summary>Milliseconds, 0 for none: asked for where options mostly are not set by anybody, as are the next two.</summary>
    private int UserTimeoutOf(int index) => connections[index].Has(TcpTraits.OptionsSet) ? socketOptions[index].UserTimeout : 0;

    private int AskedWindowClamp(ref TcpConnection connection) =>
        connection.Has(TcpTraits.OptionsSet) ? socketOptions[connections.IndexOf(ref connection)].WindowClamp : 0;

    private int AskedSegment(ref TcpConnection connection) =>
        connection.Has(TcpTraits.OptionsSet) ? socketOptions[connections.IndexOf(ref connection)].MaximumSegment : 0;
}
