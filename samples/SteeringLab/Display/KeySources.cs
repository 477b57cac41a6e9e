namespace SteeringLab.Display;

/// <summary>Where keys come from.</summary>
internal interface IKeySource
{
    /// <summary>Takes a key that was pressed, without waiting for one.</summary>
    bool TryRead(out char key);
}

/// <summary>The keyboard of a terminal; nothing where the input is not one.</summary>
internal sealed class ConsoleKeys : IKeySource
{
    private readonly bool isTerminal = !Console.IsInputRedirected;

    public bool TryRead(out char key)
    {
        key = default;
        if (!isTerminal || !Console.KeyAvailable)
        {
            return false;
        }

        key = Console.ReadKey(intercept: true).KeyChar;
        return true;
    }
}
