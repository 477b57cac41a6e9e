using System.Runtime.CompilerServices;

namespace Millrace.Nics;

/// <summary>
/// Keeps the two ends of a wire apart: a lock if they are polled by a thread each, else a cheap look whether they are after
/// all, which finds most such mistakes but cannot promise to.
/// </summary>
internal sealed class WireGate(bool concurrent)
{
    private readonly Lock? exclusion = concurrent ? new Lock() : null;
    private bool entered;

    public bool Concurrent => exclusion is not null;

    public Entry Enter() => new(this);

    public readonly ref struct Entry
    {
        private readonly WireGate gate;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Entry(WireGate gate)
        {
            this.gate = gate;
            if (gate.exclusion is not null)
            {
                gate.exclusion.Enter();
                return;
            }

            if (gate.entered)
            {
                Throw.ConcurrentUse();
            }

            gate.entered = true;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Dispose()
        {
            if (gate.exclusion is not null)
            {
                gate.exclusion.Exit();
                return;
            }

            gate.entered = false;
        }
    }
}
