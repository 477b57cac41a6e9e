using System.Runtime.CompilerServices;

namespace Millrace.Nics;

/// <content>Who is woken when packets have come, or room.</content>
internal sealed partial class WireDirection
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void InterruptReceivers()
    {
        if (IsPlain && Receivers.Length == 1)
        {
            Receivers[0].Queue?.Interrupt();
            return;
        }

        InterruptAllReceivers();
    }

    private void InterruptAllReceivers()
    {
        foreach (var receiver in Receivers)
        {
            if (receiver.ArrivedCount > 0 || !IsInstant)
            {
                receiver.Queue?.Interrupt();
            }
        }
    }

    /// <summary>There is room again, for whoever waits for it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void InterruptSenders()
    {
        if (senders.Length == 1)
        {
            senders[0]?.Queue.Interrupt();
            return;
        }

        InterruptAllSenders();
    }

    private void InterruptAllSenders()
    {
        foreach (var sender in senders)
        {
            if (sender is not null && (!IsShared || sender.Queue.WantsRoom))
            {
                sender.Queue.Interrupt();
            }
        }
    }
}
