using System.CommandLine;
using SteeringLab;
using SteeringLab.Runs;

const int WrongUse = 2;
const int Failed = 1;

var line = new CommandLine(LabSession.Execute);
var parsed = line.Root.Parse(args);
if (parsed.Errors.Count > 0)
{
    Console.Error.WriteLine($"SteeringLab: {parsed.Errors[0].Message}");
    return WrongUse;
}

try
{
    return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (LabException exception)
{
    Console.Error.WriteLine($"SteeringLab: {exception.Message}");
    return Failed;
}
