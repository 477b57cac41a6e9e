using Millrace.Headers;

namespace Millrace.Workers;

/// <summary>
/// What the control plane told one worker, for all the others: addresses and routes, which nobody would learn again. So nothing is
/// lost, however many there are and however long a worker takes. Each reader has its own place in a list of chunks, and a chunk
/// that all have read is nobody's any more. Any thread adds, under a lock, and that gives one order to all.
/// </summary>
internal sealed class ChangeLog
{
    private readonly Lock adding = new();
    private Chunk last = new();

    public void Add(in WorkerNotice notice, int worker)
    {
        lock (adding)
        {
            var chunk = last;
            if (chunk.Count == Chunk.Capacity)
            {
                chunk = new Chunk();
            }

            chunk.Changes[chunk.Count] = new Change(notice.Kind, notice.Interface, (byte)worker, notice.Number, notice.Metric, notice.Address, notice.Other);
            Volatile.Write(ref chunk.Count, chunk.Count + 1);
            // last: who follows a link finds a change behind it
            if (chunk != last)
            {
                Volatile.Write(ref last.Next, chunk);
                last = chunk;
            }
        }
    }

    /// <summary>A place behind all that has been added.</summary>
    public Reader ReadFromHere(int worker)
    {
        lock (adding)
        {
            return new Reader(last, last.Count, worker);
        }
    }

    /// <summary>A worker's place. It leaves out what the worker added by itself.</summary>
    internal sealed class Reader(Chunk chunk, int at, int worker)
    {
        private Chunk? chunk = chunk;
        private int at = at;

        /// <summary>Whether there is anything that was not looked at. Any thread.</summary>
        public bool IsBehind => Volatile.Read(ref chunk) is { } current
            && (Volatile.Read(ref at) < Volatile.Read(ref current.Count) || (at == Chunk.Capacity && Volatile.Read(ref current.Next) is not null));

        /// <summary>The thread of the reader's worker.</summary>
        public bool TryTake(out WorkerNotice notice)
        {
            SkipOwn();
            if (!HasNext())
            {
                notice = default;
                return false;
            }

            ref readonly var change = ref chunk!.Changes[at];
            notice = new WorkerNotice(change.Kind, change.Interface, change.Address, change.Other, Number: change.Number, Metric: change.Metric);
            Volatile.Write(ref at, at + 1);
            return true;
        }

        /// <summary>Passes over what comes next as far as the worker added it.</summary>
        public void SkipOwn()
        {
            while (HasNext() && chunk!.Changes[at].Worker == worker)
            {
                Volatile.Write(ref at, at + 1);
            }
        }

        /// <summary>Reads no more and keeps nothing.</summary>
        public void Stop() => Volatile.Write(ref chunk, null);

        private bool HasNext()
        {
            if (chunk is null)
            {
                return false;
            }

            if (at == Chunk.Capacity && Volatile.Read(ref chunk.Next) is { } next)
            {
                Volatile.Write(ref at, 0);
                Volatile.Write(ref chunk, next);
            }

            return at < Volatile.Read(ref chunk.Count);
        }
    }

    internal sealed class Chunk
    {
        public const int Capacity = 256;

        public readonly Change[] Changes = new Change[Capacity];
        public int Count;
        public Chunk? Next;
    }

    /// <summary>The fields of a <see cref="WorkerNotice"/> that tell of a change.</summary>
    internal readonly record struct Change(WorkerNoticeKind Kind, byte Interface, byte Worker, int Number, uint Metric, InetAddress Address, InetAddress Other);
}
