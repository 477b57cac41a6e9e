using System.ComponentModel;
using System.Runtime.CompilerServices;

namespace Millrace.CompilerServices;

/// <summary>How often a packet may be received once more by another interface. Called by generated code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class RxRounds
{
    /// <summary>More than any sensible pile of interfaces; Linux has no bound here and would go round for ever.</summary>
    public const int Maximum = 8;

    /// <param name="rounds">Rounds with this one.</param>
    /// <param name="interfaceCount">Interfaces of the stack.</param>
    /// <exception cref="InvalidOperationException">The handler chose an interface that is not there.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool MayFollow(int rounds, int networkInterface, int interfaceCount)
    {
        if ((uint)networkInterface >= (uint)interfaceCount)
        {
            Throw.NoSuchInterface(networkInterface, interfaceCount);
        }

        return rounds <= Maximum;
    }
}
