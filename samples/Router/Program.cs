using Millrace.Nics;
using Router;

const int WrongUse = 2;

try
{
    var options = RouterOptions.Parse(args);
    if (options.UsesTaps)
    {
        using var taps = new TapRun(Console.Out);
        return taps.Execute(options) ? 0 : 1;
    }

    using var run = new MemoryRun(Console.Out);
    Console.WriteLine(run.Router.Pipeline.Text);
    return run.Execute(options) ? 0 : 1;
}
catch (Exception exception) when (exception is FormatException or ArgumentException)
{
    Console.Error.WriteLine($"Router: {exception.Message}");
    return WrongUse;
}
catch (NicException exception)
{
    Console.Error.WriteLine($"Router: {exception.Message}");
    return 1;
}
