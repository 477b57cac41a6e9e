using System.Runtime.InteropServices;
using Millrace.Headers;
using Millrace.Sockets;

namespace EmbeddedC;

/// <content>The calls on sockets.</content>
internal static unsafe partial class Exports
{
    /// <summary>UIO_MAXIOV.</summary>
    private const int MaximumVectors = 1024;

    /// <summary>MSG_TRUNC in what recvmsg says.</summary>
    private const int Truncated = 0x20;

    [UnmanagedCallersOnly(EntryPoint = "millrace_socket")]
    public static int Socket(nint stack, int family, int type, int protocol) =>
        (int)Calls.Guard(stack, embedding => embedding.Sockets.Create(family, type, protocol));

    [UnmanagedCallersOnly(EntryPoint = "millrace_bind")]
    public static int Bind(nint stack, int socket, void* address, uint length) => (int)Calls.Guard(stack, embedding =>
        SocketAddress.Read(Bytes(address, length), out var local) is < 0 and var error ? error : embedding.Sockets.Bind(socket, local));

    [UnmanagedCallersOnly(EntryPoint = "millrace_listen")]
    public static int Listen(nint stack, int socket, int backlog) =>
        (int)Calls.Guard(stack, embedding => embedding.Flush(embedding.Sockets.Listen(socket, backlog)));

    [UnmanagedCallersOnly(EntryPoint = "millrace_accept")]
    public static int Accept(nint stack, int socket, void* address, uint* length) => (int)Calls.Guard(stack, embedding =>
    {
        var accepted = embedding.Sockets.Accept(socket, out var peer);
        if (accepted >= 0)
        {
            PutAddress(peer, address, length);
        }

        return embedding.Flush(accepted);
    });

    [UnmanagedCallersOnly(EntryPoint = "millrace_connect")]
    public static int Connect(nint stack, int socket, void* address, uint length) => (int)Calls.Guard(stack, embedding =>
    {
        var bytes = Bytes(address, length);
        if (SocketAddress.IsUnspecified(bytes))
        {
            return embedding.Flush(embedding.Sockets.Disconnect(socket));
        }

        return SocketAddress.Read(bytes, out var remote) is < 0 and var error ? error : embedding.Flush(embedding.Sockets.Connect(socket, remote));
    });

    [UnmanagedCallersOnly(EntryPoint = "millrace_send")]
    public static nint Send(nint stack, int socket, void* buffer, nuint length, int flags) => SendBytes(stack, socket, buffer, length, flags, null, 0);

    [UnmanagedCallersOnly(EntryPoint = "millrace_write")]
    public static nint Write(nint stack, int socket, void* buffer, nuint length) => SendBytes(stack, socket, buffer, length, 0, null, 0);

    [UnmanagedCallersOnly(EntryPoint = "millrace_sendto")]
    public static nint SendTo(nint stack, int socket, void* buffer, nuint length, int flags, void* address, uint addressLength) =>
        SendBytes(stack, socket, buffer, length, flags, address, addressLength);

    [UnmanagedCallersOnly(EntryPoint = "millrace_recv")]
    public static nint Receive(nint stack, int socket, void* buffer, nuint length, int flags) => ReceiveBytes(stack, socket, buffer, length, flags);

    /// <remarks>Of no bytes read asks nothing (vfs_read), and recv does.</remarks>
    [UnmanagedCallersOnly(EntryPoint = "millrace_read")]
    public static nint Read(nint stack, int socket, void* buffer, nuint length) => length == 0
        ? (nint)Calls.Guard(stack, embedding => Math.Min((int)embedding.Sockets.Name(socket, out _), 0))
        : ReceiveBytes(stack, socket, buffer, length, 0);

    [UnmanagedCallersOnly(EntryPoint = "millrace_recvfrom")]
    public static nint ReceiveFrom(nint stack, int socket, void* buffer, nuint length, int flags, void* address, uint* addressLength) =>
        (nint)Calls.Guard(stack, embedding =>
        {
            var result = embedding.Sockets.Receive(socket, Bytes(buffer, length), (MessageFlags)flags, out var source);
            if (result >= 0)
            {
                PutSource(source, address, addressLength);
            }

            return embedding.Flush(result);
        });

    [UnmanagedCallersOnly(EntryPoint = "millrace_writev")]
    public static nint WriteVector(nint stack, int socket, Vector* vectors, int count) => SendPieces(stack, socket, vectors, count, 0, null, 0);

    [UnmanagedCallersOnly(EntryPoint = "millrace_readv")]
    public static nint ReadVector(nint stack, int socket, Vector* vectors, int count) => (nint)Calls.Guard(stack, embedding =>
        ReceivePieces(embedding, socket, vectors, count, 0, out _, out _));

    [UnmanagedCallersOnly(EntryPoint = "millrace_sendmsg")]
    public static nint SendMessage(nint stack, int socket, Message* message, int flags) => message is null
        ? (nint)Calls.Guard(static () => Calls.Fail(Errno.EFAULT, "The message is NULL."))
        : SendPieces(stack, socket, (Vector*)message->Vectors, checked((int)Math.Min(message->VectorCount, int.MaxValue)), flags, (void*)message->Name, message->NameLength);

    [UnmanagedCallersOnly(EntryPoint = "millrace_recvmsg")]
    public static nint ReceiveMessage(nint stack, int socket, Message* message, int flags) => (nint)Calls.Guard(stack, embedding =>
    {
        if (message is null)
        {
            return Calls.Fail(Errno.EFAULT, "The message is NULL.");
        }

        var count = checked((int)Math.Min(message->VectorCount, int.MaxValue));
        var result = ReceivePieces(embedding, socket, (Vector*)message->Vectors, count, flags, out var source, out var isCut);
        if (result >= 0)
        {
            PutSource(source, (void*)message->Name, &message->NameLength);
            message->ControlLength = 0;
            message->Flags = isCut ? Truncated : 0;
        }

        return result;
    });

    [UnmanagedCallersOnly(EntryPoint = "millrace_shutdown")]
    public static int Shutdown(nint stack, int socket, int how) =>
        (int)Calls.Guard(stack, embedding => embedding.Flush(embedding.Sockets.Shutdown(socket, how)));

    [UnmanagedCallersOnly(EntryPoint = "millrace_close")]
    public static int Close(nint stack, int socket) => (int)Calls.Guard(stack, embedding => embedding.Flush(embedding.Sockets.Close(socket)));

    [UnmanagedCallersOnly(EntryPoint = "millrace_poll")]
    public static int Poll(nint stack, PollEntry* entries, nuint count) => (int)Calls.Guard(stack, embedding =>
    {
        const PollEvents Always = PollEvents.Error | PollEvents.HangUp | PollEvents.Invalid;
        var ready = 0;
        for (nuint i = 0; i < count; i++)
        {
            var wanted = (PollEvents)entries[i].Events | Always;
            entries[i].Returned = entries[i].Descriptor < 0 ? (short)0 : (short)(embedding.Sockets.Poll(entries[i].Descriptor) & wanted);
            ready += entries[i].Returned != 0 ? 1 : 0;
        }

        return ready;
    });

    [UnmanagedCallersOnly(EntryPoint = "millrace_getsockname")]
    public static int Name(nint stack, int socket, void* address, uint* length) => (int)Calls.Guard(stack, embedding =>
    {
        var result = embedding.Sockets.Name(socket, out var local);
        return result < 0 ? result : PutAddress(local, address, length);
    });

    [UnmanagedCallersOnly(EntryPoint = "millrace_getpeername")]
    public static int PeerName(nint stack, int socket, void* address, uint* length) => (int)Calls.Guard(stack, embedding =>
    {
        var result = embedding.Sockets.PeerName(socket, out var remote);
        return result < 0 ? result : PutAddress(remote, address, length);
    });

    [UnmanagedCallersOnly(EntryPoint = "millrace_setsockopt")]
    public static int SetOption(nint stack, int socket, int level, int name, void* value, uint length) => (int)Calls.Guard(stack, embedding =>
        embedding.Flush(embedding.Sockets.SetOption(socket, level, name, Bytes(value, length))));

    [UnmanagedCallersOnly(EntryPoint = "millrace_getsockopt")]
    public static int GetOption(nint stack, int socket, int level, int name, void* value, uint* length) => (int)Calls.Guard(stack, embedding =>
    {
        if (length is null)
        {
            return Calls.Fail(Errno.EFAULT, "The length is NULL.");
        }

        var result = embedding.Sockets.GetOption(socket, level, name, Bytes(value, *length));
        *length = result < 0 ? *length : (uint)result;
        return Math.Min(result, 0);
    });

    [UnmanagedCallersOnly(EntryPoint = "millrace_ioctl")]
    public static int Control(nint stack, int socket, nuint request, int* value) => (int)Calls.Guard(stack, embedding =>
    {
        if (value is null)
        {
            return Calls.Fail(Errno.EFAULT, "The value is NULL.");
        }

        var result = embedding.Sockets.Control(socket, checked((int)request), out var amount);
        *value = result < 0 ? *value : amount;
        return result;
    });

    private static nint SendBytes(nint stack, int socket, void* buffer, nuint length, int flags, void* address, uint addressLength) =>
        (nint)Calls.Guard(stack, embedding =>
        {
            InetEndpoint? remote = null;
            if (address is not null)
            {
                if (SocketAddress.Read(Bytes(address, addressLength), out var named) is < 0 and var error)
                {
                    return error;
                }

                remote = named;
            }

            return embedding.Flush(embedding.Sockets.Send(socket, Bytes(buffer, length), (MessageFlags)flags, remote));
        });

    private static nint ReceiveBytes(nint stack, int socket, void* buffer, nuint length, int flags) =>
        (nint)Calls.Guard(stack, embedding => embedding.Flush(embedding.Sockets.Receive(socket, Bytes(buffer, length), (MessageFlags)flags)));

    private static nint SendPieces(nint stack, int socket, Vector* vectors, int count, int flags, void* address, uint addressLength) =>
        (nint)Calls.Guard(stack, embedding =>
        {
            if (!TryLength(vectors, count, out var length))
            {
                return -(int)(count > MaximumVectors ? Errno.EMSGSIZE : Errno.EINVAL);
            }

            InetEndpoint? remote = null;
            if (address is not null)
            {
                if (SocketAddress.Read(Bytes(address, addressLength), out var named) is < 0 and var error)
                {
                    return error;
                }

                remote = named;
            }

            // gathered, because it is one call: a datagram, or bytes that Nagle judges together
            var gathered = new byte[length];
            var place = 0;
            for (var i = 0; i < count; i++)
            {
                var piece = Bytes((void*)vectors[i].Base, vectors[i].Length);
                piece.CopyTo(gathered.AsSpan(place));
                place += piece.Length;
            }

            return embedding.Flush(embedding.Sockets.Send(socket, gathered, (MessageFlags)flags, remote));
        });

    private static long ReceivePieces(
        Embedding embedding, int socket, Vector* vectors, int count, int flags, out InetEndpoint source, out bool isCut)
    {
        source = default;
        isCut = false;
        if (!TryLength(vectors, count, out var length))
        {
            return -(int)(count > MaximumVectors ? Errno.EMSGSIZE : Errno.EINVAL);
        }

        // the whole length of a datagram is asked for, so that the message can say whether it was cut
        var isStream = embedding.Sockets.IsStream(socket);
        if (isStream && embedding.Sockets.Control(socket, SocketConstant.InQueue, out var there) == 0)
        {
            length = Math.Min(length, Math.Max(there, 1));
        }

        var bytes = new byte[length];
        var whole = embedding.Sockets.Receive(socket, bytes, (MessageFlags)flags | (isStream ? MessageFlags.None : MessageFlags.Truncate), out source);
        if (whole < 0)
        {
            return embedding.Flush(whole);
        }

        var copied = Math.Min(whole, length);
        isCut = whole > length;
        var isDiscarded = isStream && ((MessageFlags)flags & MessageFlags.Truncate) != 0;
        var place = 0;
        for (var i = 0; i < count && place < copied && !isDiscarded; i++)
        {
            var piece = Bytes((void*)vectors[i].Base, vectors[i].Length);
            var taken = Math.Min(piece.Length, copied - place);
            bytes.AsSpan(place, taken).CopyTo(piece);
            place += taken;
        }

        return embedding.Flush(isCut && ((MessageFlags)flags & MessageFlags.Truncate) == 0 ? copied : whole);
    }

    private static bool TryLength(Vector* vectors, int count, out int length)
    {
        length = 0;
        if (count is < 0 or > MaximumVectors || (vectors is null && count > 0))
        {
            return false;
        }

        for (var i = 0; i < count; i++)
        {
            if (vectors[i].Length > (nuint)(int.MaxValue - length))
            {
                return false;
            }

            length += (int)vectors[i].Length;
        }

        return true;
    }

    private static void PutSource(InetEndpoint source, void* address, uint* length)
    {
        // of a stream there is no source, and its name is empty
        if (source == default)
        {
            if (length is not null)
            {
                *length = 0;
            }

            return;
        }

        PutAddress(source, address, length);
    }

    private static int PutAddress(InetEndpoint endpoint, void* address, uint* length)
    {
        if (address is null || length is null)
        {
            return 0;
        }

        Span<byte> bytes = stackalloc byte[SocketAddress.Length];
        SocketAddress.Write(bytes, endpoint);
        var count = (int)Math.Min(*length, SocketAddress.Length);
        bytes[..count].CopyTo(new Span<byte>(address, count));
        *length = SocketAddress.Length;
        return 0;
    }
}
