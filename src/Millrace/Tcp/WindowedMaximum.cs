namespace Millrace.Tcp;

/// <summary>
/// The largest value of a window of time, by the best three of its parts (Kathleen Nichols; lib/win_minmax.c): constant in time and room, and
/// right but for what was the largest for a short while.
/// </summary>
internal struct WindowedMaximum
{
    private (uint At, long Value) best;
    private (uint At, long Value) second;
    private (uint At, long Value) third;

    public readonly long Value => best.Value;

    public void Reset(uint at, long value) => best = second = third = (at, value);

    /// <param name="window">In the unit of <paramref name="at"/>.</param>
    public void Add(uint window, uint at, long value)
    {
        if (value >= best.Value || at - third.At > window)
        {
            Reset(at, value);
            return;
        }

        if (value >= second.Value)
        {
            second = third = (at, value);
        }
        else if (value >= third.Value)
        {
            third = (at, value);
        }

        Age(window, (at, value));
    }

    private void Age(uint window, (uint At, long Value) newest)
    {
        var age = newest.At - best.At;
        if (age > window)
        {
            best = second;
            second = third;
            third = newest;
            if (newest.At - best.At > window)
            {
                best = second;
                second = third;
            }
        }
        else if (second.At == best.At && age > window / 4)
        {
            second = third = newest;
        }
        else if (third.At == second.At && age > window / 2)
        {
            third = newest;
        }
    }
}
