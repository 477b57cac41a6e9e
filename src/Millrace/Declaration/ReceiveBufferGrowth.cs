namespace Millrace;

/// <summary>Receive buffer autotuning: what is added to twice the bytes that were taken in the last round trip.</summary>
public enum ReceiveBufferGrowth
{
    /// <summary>As much again as the last round trip had more than the one before it, in proportion.</summary>
    Proportional,

    /// <summary>Half as much again if it had a quarter more, as much again if it had half more.</summary>
    Steps,
}
