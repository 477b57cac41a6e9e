namespace Millrace.Memory;

/// <summary>A triple of a sysctl such as tcp_rmem: minimum, default and maximum, in bytes.</summary>
public readonly record struct MemoryLimits(int Minimum, int Default, int Maximum)
{
    public override string ToString() => $"{Minimum} {Default} {Maximum}";
}
