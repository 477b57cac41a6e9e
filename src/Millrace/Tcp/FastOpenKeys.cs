using Millrace.Headers;

namespace Millrace.Tcp;

/// <summary>The keys of a server's cookies: one that they are made with, and the one before it (tcp_fastopen_key).</summary>
internal sealed class FastOpenKeys(Entropy primary)
{
    private Entropy primary = primary;
    private Entropy? backup;

    /// <summary>Cookies are made with another key from now on; those of the present key stay valid until the next change.</summary>
    public void Change(UInt128 key)
    {
        backup = primary;
        primary = new Entropy((ulong)(key >> 64), (ulong)key);
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

    private static FastOpenCookie Make(Entropy key, InetAddress client, InetAddress server) =>
        new(key.Hash(key.Hash(client.Upper, client.Lower, 0), server.Upper, server.Lower));
}
