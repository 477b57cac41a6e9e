using Millrace.Headers;
using Millrace.Interop;

namespace Millrace.Tcp;

/// <summary>
/// What a client knows of the servers it talked to: cookie and segment size (RFC 7413 §4.1.3), for a pair of addresses, because
/// a cookie is bound to both. The array is sized at start; the pair that was not used for longest makes room.
/// </summary>
internal sealed class FastOpenCache
{
    private const int None = -1;
    private const long Minute = 60_000_000_000;

    /// <summary>A pause of two years.</summary>
    private const int MaximumLosses = 20;

    private readonly NativeTable<Entry> entries;
    private readonly int[] buckets;
    private readonly Entropy entropy;
    private int count;

    /// <summary>Used last; the list goes on through <see cref="Entry.Older"/>.</summary>
    private int newest = None;
    private int oldest = None;

    public FastOpenCache(int capacity, Entropy entropy)
    {
        this.entropy = entropy;
        entries = new NativeTable<Entry>(capacity);
        buckets = new int[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)capacity)];
        Array.Fill(buckets, None);
    }

    /// <summary>Bytes reserved.</summary>
    public long Bytes => entries.Bytes + (buckets.Length * sizeof(int));

    private struct Entry
    {
        public InetAddress Local;
        public InetAddress Remote;
        public FastOpenCookie Cookie;
        public ushort Mss;

        /// <summary>First SYNs lost in a row, and when the last of them was noticed.</summary>
        public byte Losses;
        public long LostAt;
        public int NextInBucket;
        public int Newer;
        public int Older;
    }

    public int Count => count;

    /// <param name="mss">The server's segment size option, 0 if it never named one.</param>
    /// <returns>False if nothing is known.</returns>
    public bool TryGet(InetAddress local, InetAddress remote, out FastOpenCookie cookie, out ushort mss)
    {
        var place = Find(local, remote);
        if (place == None)
        {
            cookie = default;
            mss = 0;
            return false;
        }

        Unlink(place);
        LinkNewest(place);
        cookie = entries[place].Cookie;
        mss = entries[place].Mss;
        return true;
    }

    /// <param name="cookie">None keeps the one that is known.</param>
    /// <param name="mss">0 keeps the one that is known.</param>
    public void Set(InetAddress local, InetAddress remote, FastOpenCookie cookie, ushort mss)
    {
        var place = Find(local, remote);
        if (place == None)
        {
            place = Add(local, remote);
        }
        else
        {
            Unlink(place);
        }

        LinkNewest(place);
        ref var entry = ref entries[place];
        entry.Cookie = cookie.IsNone ? entry.Cookie : cookie;
        entry.Mss = mss == 0 ? entry.Mss : mss;
    }

    /// <summary>What became of a first SYN, of a pair that <see cref="Set"/> has just noted (tcp_fastopen_cache_set).</summary>
    public void NoteFirstSyn(InetAddress local, InetAddress remote, bool isLost, long now)
    {
        var place = Find(local, remote);
        if (place == None)
        {
            return;
        }

        ref var entry = ref entries[place];
        entry.Losses = isLost ? (byte)Math.Min(entry.Losses + 1, MaximumLosses) : (byte)0;
        entry.LostAt = now;
    }

    /// <summary>Whether first SYNs to the server were lost twice in a row or more, and not long enough ago.</summary>
    public bool IsPaused(InetAddress local, InetAddress remote, long now)
    {
        var place = Find(local, remote);
        return place != None && entries[place].Losses > 1 && now - entries[place].LostAt < Minute << entries[place].Losses;
    }

    private int Find(InetAddress local, InetAddress remote)
    {
        for (var place = buckets[BucketOf(local, remote)]; place != None; place = entries[place].NextInBucket)
        {
            if (entries[place].Local.Equals(local) && entries[place].Remote.Equals(remote))
            {
                return place;
            }
        }

        return None;
    }

    private int Add(InetAddress local, InetAddress remote)
    {
        int place;
        if (count < entries.Length)
        {
            place = count++;
        }
        else
        {
            place = oldest;
            Unlink(place);
            RemoveFromBucket(place);
        }

        ref var bucket = ref buckets[BucketOf(local, remote)];
        entries[place] = new Entry { Local = local, Remote = remote, NextInBucket = bucket };
        bucket = place;
        return place;
    }

    private void RemoveFromBucket(int place)
    {
        ref var link = ref buckets[BucketOf(entries[place].Local, entries[place].Remote)];
        while (link != place)
        {
            link = ref entries[link].NextInBucket;
        }

        link = entries[place].NextInBucket;
    }

    private void Unlink(int place)
    {
        ref var entry = ref entries[place];
        (entry.Newer == None ? ref newest : ref entries[entry.Newer].Older) = entry.Older;
        (entry.Older == None ? ref oldest : ref entries[entry.Older].Newer) = entry.Newer;
    }

    private void LinkNewest(int place)
    {
        ref var entry = ref entries[place];
        entry.Newer = None;
        entry.Older = newest;
        (newest == None ? ref oldest : ref entries[newest].Newer) = place;
        newest = place;
    }

    private int BucketOf(InetAddress local, InetAddress remote) =>
        (int)entropy.Hash(local.Lower ^ local.Upper, remote.Upper, remote.Lower) & (buckets.Length - 1);
}
