namespace Millrace.Sockets;

/// <summary>Operations that are free to be used again; beyond the capacity they are left to the collector.</summary>
internal sealed class AsyncOperationPool<TOperation>(int capacity, Func<TOperation> create)
    where TOperation : AsyncOperation
{
    private readonly Lock gate = new();
    private readonly TOperation[] free = new TOperation[capacity];
    private int count;

    public TOperation Rent()
    {
        lock (gate)
        {
            if (count > 0)
            {
                return free[--count];
            }
        }

        return create();
    }

    public void Return(TOperation operation)
    {
        lock (gate)
        {
            if (count < free.Length)
            {
                free[count++] = operation;
            }
        }
    }
}
