using Millrace.Peers;

var command = new CommandLine(Session.RunAsync).Root.Parse(args);
var exitCode = await command.InvokeAsync();
return command.Errors.Count > 0 ? 2 : exitCode;
