using System.CommandLine;
using HttpAppliance;
using HttpAppliance.Runs;

const int WrongUse = 2;
const int Failed = 1;

var line = new CommandLine(ApplianceRun.Execute);
var parsed = line.Root.Parse(args);
if (parsed.Errors.Count > 0)
{
    Console.Error.WriteLine($"HttpAppliance: {parsed.Errors[0].Message}");
    return WrongUse;
}

try
{
    return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (ApplianceException exception)
{
    Console.Error.WriteLine($"HttpAppliance: {exception.Message}");
    return Failed;
}
