using Spectre.Console;
using Spectre.Console.Rendering;
using SteeringLab.Readings;

namespace SteeringLab.Display;

/// <summary>The tables, drawn over themselves with every reading.</summary>
internal static class LabDisplay
{
    /// <param name="run">Runs the lab and calls what it is given with each reading.</param>
    public static Task ShowAsync(IAnsiConsole console, Func<Action<LabRates>, Task> run) =>
        console.Live(new Text("starting"))
            .AutoClear(true)
            .Overflow(VerticalOverflow.Crop)
            .Cropping(VerticalOverflowCropping.Bottom)
            .StartAsync(context => run(rates =>
            {
                context.UpdateTarget(LabScreen.Render(rates, console.Profile.Width, console.Profile.Height));
                context.Refresh();
            }));
}
