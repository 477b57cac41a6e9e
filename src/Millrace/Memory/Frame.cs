namespace Millrace.Memory;

/// <summary>
/// A handle on one slot of an <see cref="Arena"/>. Slot 0 is never handed out, so <c>default</c> is
/// <see cref="None"/> and a link that was never set ends its list.
/// </summary>
public readonly record struct Frame(int Index)
{
    public static Frame None => default;

    public bool IsNone => Index == 0;

    public override string ToString() => IsNone ? "none" : $"#{Index}";
}
