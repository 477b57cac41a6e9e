namespace Millrace.Workloads.Forwarding;

/// <summary>The length of all frames, known to the compiler as it is to that of the peers.</summary>
internal interface IFrameLength
{
    static abstract int Bytes { get; }
}

internal readonly struct Bytes64 : IFrameLength
{
    public static int Bytes => 64;
}

internal readonly struct Bytes128 : IFrameLength
{
    public static int Bytes => 128;
}

internal readonly struct Bytes256 : IFrameLength
{
    public static int Bytes => 256;
}

internal readonly struct Bytes512 : IFrameLength
{
    public static int Bytes => 512;
}

internal readonly struct Bytes1024 : IFrameLength
{
    public static int Bytes => 1024;
}

internal readonly struct Bytes1514 : IFrameLength
{
    public static int Bytes => 1514;
}
