using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Millrace;
using Millrace.Headers;
using Millrace.Ip;
using Millrace.Sockets;

namespace EmbeddedC;

/// <summary>What millrace.h declares, but for the calls on sockets; with those of <c>Exports.Sockets.cs</c> the only code that sees the caller's pointers.</summary>
[SuppressMessage("Naming", "CA1707", Justification = "the names are C's")]
internal static unsafe partial class Exports
{
    private const int TextLength = 1024;

    /// <summary>A text that the caller may read until its thread fails again.</summary>
    [ThreadStatic]
    private static nint errorText;

    [UnmanagedCallersOnly(EntryPoint = "millrace_create")]
    public static int Create(Options* options, nint* stack) => (int)Calls.Guard(() =>
    {
        if (stack is null || options is null || options->Length != (nuint)sizeof(Options))
        {
            return Calls.Fail(Errno.EINVAL, $"options.length is sizeof(struct millrace_options), {sizeof(Options)} in this library.");
        }

        var address = Text((byte*)options->Address);
        var entropy = options->Seed0 == 0 && options->Seed1 == 0 ? Entropy.FromOperatingSystem() : new Entropy(options->Seed0, options->Seed1);
        var embedding = new Embedding(
            InterfaceAddress.Parse(address), options->Mtu == 0 ? 1500 : checked((int)options->Mtu),
            options->Sockets == 0 ? 1024 : checked((int)options->Sockets), entropy);
        *stack = GCHandle.ToIntPtr(GCHandle.Alloc(embedding));
        return 0;
    });

    [UnmanagedCallersOnly(EntryPoint = "millrace_destroy")]
    public static int Destroy(nint stack) => (int)Calls.Guard(stack, embedding =>
    {
        GCHandle.FromIntPtr(stack).Free();
        embedding.Dispose();
        return 0;
    });

    [UnmanagedCallersOnly(EntryPoint = "millrace_last_error")]
    public static nint LastError()
    {
        if (errorText == 0)
        {
            errorText = Marshal.AllocHGlobal(TextLength);
        }

        Put(Calls.LastError, (byte*)errorText, TextLength);
        return errorText;
    }

    [UnmanagedCallersOnly(EntryPoint = "millrace_input")]
    public static int Input(nint stack, void* packet, nuint length, long now) => (int)Calls.Guard(stack, embedding =>
    {
        var bytes = Bytes(packet, length);
        if (!embedding.TryAdvance(now))
        {
            return BackInTime();
        }

        return embedding.Nic.TryPut(bytes) && embedding.TryAdvance(now) ? 0 : Calls.Fail(Errno.ENOBUFS, "The receive ring has no frame left for the packet.");
    });

    [UnmanagedCallersOnly(EntryPoint = "millrace_output")]
    public static nint Output(nint stack, void* buffer, nuint length) => (nint)Calls.Guard(stack, embedding =>
    {
        var next = embedding.Nic.NextLength;
        if ((nuint)next > length)
        {
            return Calls.Fail(Errno.EMSGSIZE, $"The next packet has {next} bytes.");
        }

        return embedding.Nic.TryTake(Bytes(buffer, length), out var taken) ? taken : 0;
    });

    [UnmanagedCallersOnly(EntryPoint = "millrace_advance")]
    public static int Advance(nint stack, long now) => (int)Calls.Guard(stack, embedding => embedding.TryAdvance(now) ? 0 : BackInTime());

    [UnmanagedCallersOnly(EntryPoint = "millrace_deadline")]
    public static long Deadline(nint stack) => Calls.Guard(stack, embedding => embedding.Deadline);

    [UnmanagedCallersOnly(EntryPoint = "millrace_sysctl")]
    public static int Sysctl(nint stack, byte* name, byte* value) => (int)Calls.Guard(stack, embedding =>
    {
        embedding.Names.Write(Text(name), Text(value));
        return embedding.Flush(0);
    });

    [UnmanagedCallersOnly(EntryPoint = "millrace_sysctl_get")]
    public static int SysctlGet(nint stack, byte* name, byte* buffer, nuint length) => (int)Calls.Guard(stack, embedding =>
    {
        var text = embedding.Names.Read(Text(name));
        return Put(text, buffer, checked((int)length)) ? text.Length : Calls.Fail(Errno.EMSGSIZE, $"The value has {text.Length} bytes and a zero.");
    });

    private static long BackInTime() => Calls.Fail(Errno.EINVAL, "Time does not go back.");

    /// <exception cref="ArgumentException">There is none.</exception>
    private static string Text(byte* text) =>
        Marshal.PtrToStringUTF8((nint)text) ?? throw new ArgumentException("A text is NULL.", nameof(text));

    /// <summary>Writes a text with its zero; cut where there is no room.</summary>
    private static bool Put(string text, byte* buffer, int length)
    {
        if (buffer is null || length == 0)
        {
            return false;
        }

        var count = Math.Min(Encoding.ASCII.GetByteCount(text), length - 1);
        Encoding.ASCII.GetBytes(text).AsSpan(0, count).CopyTo(new Span<byte>(buffer, length));
        buffer[count] = 0;
        return count == text.Length;
    }

    private static Span<byte> Bytes(void* bytes, nuint length) => bytes is null && length != 0
        ? throw new ArgumentException("A buffer is NULL.", nameof(bytes))
        : new Span<byte>(bytes, checked((int)length));
}
