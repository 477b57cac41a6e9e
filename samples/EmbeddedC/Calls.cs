using System.Runtime.InteropServices;
using Millrace.Sockets;

namespace EmbeddedC;

/// <summary>What no exception leaves: errors become numbers, and what there is to say of them a text.</summary>
internal static class Calls
{
    [ThreadStatic]
    private static string? lastError;

    /// <summary>What the last call of this thread that failed said; empty if it was an ordinary error number.</summary>
    public static string LastError => lastError ?? "";

    public static long Guard(nint handle, Func<Embedding, long> call)
    {
        if (handle == 0 || GCHandle.FromIntPtr(handle).Target is not Embedding embedding)
        {
            return Fail(Errno.EFAULT, "The stack is NULL or was destroyed.");
        }

        return Guard(() => call(embedding));
    }

    public static long Guard(Func<long> call)
    {
        lastError = null;
        try
        {
            return call();
        }
        catch (KeyNotFoundException exception)
        {
            return Fail(Errno.ENOENT, exception.Message);
        }
        catch (InvalidOperationException exception) when (exception.InnerException is null)
        {
            // a setting that the declaration fixes; a stack that has faulted says why
            return Fail(Errno.EPERM, exception.Message);
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or OverflowException)
        {
            return Fail(Errno.EINVAL, exception.Message);
        }
        catch (OutOfMemoryException exception)
        {
            return Fail(Errno.ENOMEM, exception.Message);
        }
#pragma warning disable CA1031 // nothing may leave: what is above are C frames
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return Fail(Errno.ENOTRECOVERABLE, exception.ToString());
        }
    }

    public static long Fail(Errno error, string message)
    {
        lastError = message;
        return -(int)error;
    }
}
