using System.Buffers.Binary;
using Millrace.Headers;

namespace Millrace.Tcp;

/// <summary>
/// The keys of a server's cookies: one that they are made with, and the one before it (tcp_fastopen_key). Key and addresses give the cookie
/// that Linux gives (net/ipv4/tcp_fastopen.c), so servers of both kinds may share an address.
/// </summary>
internal sealed class FastOpenKeys(Entropy primary)
{
    private Entropy primary = primary;
    private Entropy? backup;

    /// <summary>Cookies are made with another key from now on; those of the present key stay valid until the next change.</summary>
    /// <param name="key">The first byte is the highest.</param>
    public void Change(UInt128 key)
    {
        backup = primary;
        primary = Of(key);
    }

    /// <summary>Both keys are others from now on; without a second no old cookie is valid.</summary>
    public void Change(UInt128 key, UInt128? second)
    {
        primary = Of(key);
        backup = second is null ? null : Of(second.Value);
    }

    /// <summary>The cookie a client gets: a keyed hash of both addresses (RFC 7413 §4.1.2).</summary>
    public FastOpenCookie Make(InetAddress client, InetAddress server) => Make(primary, client, server);

    /// <param name="isOld">The cookie is of the key before: it counts, and its owner needs a new one.</param>
    public bool IsValid(FastOpenCookie cookie, InetAddress client, InetAddress server, out bool isOld)
    {
        isOld = false;
        if (cookie == Make(primary, client, server))
        {
            return true;
        }

        isOld = backup is not null && cookie == Make(backup, client, server);
        return isOld;
    }

    // SipHash's words are of its bytes in little endian
    private static Entropy Of(UInt128 key) => new(Reverse((ulong)(key >> 64)), Reverse((ulong)key));

    private static FastOpenCookie Make(Entropy key, InetAddress client, InetAddress server) => new(Reverse(InetAddress.HashOfBytes(key, client, server)));

    private static ulong Reverse(ulong word) => BinaryPrimitives.ReverseEndianness(word);
}
