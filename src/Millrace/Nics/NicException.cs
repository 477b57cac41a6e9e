namespace Millrace.Nics;

/// <summary>A NIC cannot be opened: the message says what is missing and what to do.</summary>
public sealed class NicException : IOException
{
    public NicException(string message)
        : base(message)
    {
    }

    public NicException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
