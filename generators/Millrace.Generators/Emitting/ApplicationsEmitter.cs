using System.Globalization;
using Millrace.Generators.Parsing;
using Millrace.Generators.Planning;
using Millrace.Generators.Spec;

namespace Millrace.Generators.Emitting;

/// <summary>Handlers: their arrays, and the struct by which a transport calls them without a virtual call.</summary>
/// <param name="owner">The class the handlers live in.</param>
internal sealed class ApplicationsEmitter(Plan plan, CodeWriter code, string owner, Func<Argument, string, string> argument)
{
    private readonly PlannedApplication[] tcp = [.. plan.Applications.Where(application => application.Spec.Kind != ApplicationKind.Udp)];
    private readonly PlannedApplication[] udp = [.. plan.Applications.Where(application => application.Spec.Kind == ApplicationKind.Udp)];

    public static string Field(PlannedApplication application) =>
        application.Spec.Name.ToCamelCase() + (application.Spec.Kind == ApplicationKind.Udp ? "Handler" : "Handlers");

    public void EmitFields()
    {
        foreach (var application in tcp.Where(application => application.Spec.Kind == ApplicationKind.Tcp))
        {
            code.Line($"private readonly {application.Spec.Type}[] {Field(application)} = new {application.Spec.Type}[{Text(application.Spec.Connections)}];");
        }

        foreach (var application in udp)
        {
            code.Line($"private {application.Spec.Type} {Field(application)};");
        }
    }

    /// <summary>Datagram handlers are made once, behind the stages.</summary>
    public void EmitConstruction()
    {
        foreach (var application in udp)
        {
            code.Line($"{Field(application)} = {New(application, "")};");
        }
    }

    public void EmitTypes()
    {
        EmitNumbers();
        EmitHandlers();
        if (plan.HasTransport(StageParameterKind.TcpApplications))
        {
            EmitTcp();
        }

        if (plan.HasTransport(StageParameterKind.UdpApplications))
        {
            EmitUdp();
        }
    }

    private void EmitNumbers()
    {
        if (plan.Applications.Count == 0)
        {
            return;
        }

        code.Line();
        code.Summary("The numbers by which transports know the applications.");
        code.Block("public static class Applications", () =>
        {
            foreach (var application in plan.Applications)
            {
                code.Line($"public const int {application.Spec.Name} = {Text(application.Number)};");
            }
        });
    }

    private void EmitHandlers()
    {
        var handlers = plan.Applications.Where(application => application.Spec.Kind != ApplicationKind.AsyncSockets).ToArray();
        if (handlers.Length == 0)
        {
            return;
        }

        code.Line();
        code.Summary("The state of the handlers, for reports and tests.");
        code.Line("public HandlerStates Handlers => new(this);");
        code.Line();
        code.Block($"public readonly ref struct HandlerStates({owner} stack)", () =>
        {
            foreach (var application in handlers)
            {
                var access = application.Spec.IsPublic ? "public" : "internal";
                code.Line(application.Spec.Kind == ApplicationKind.Tcp
                    ? $"{access} ref {application.Spec.Type} {application.Spec.Name}(int slot) => ref stack.{Field(application)}[slot];"
                    : $"{access} ref {application.Spec.Type} {application.Spec.Name} => ref stack.{Field(application)};");
            }
        });
    }

    private void EmitTcp()
    {
        code.Line();
        code.Summary("The applications over TCP, a switch.");
        code.Block("public readonly struct TcpApplications : global::Millrace.Sockets.ITcpApplications", () =>
        {
            EmitConstructor("TcpApplications");
            code.Line($"public int Count => {Text(tcp.Length)};");
            EmitNumber("Connections", tcp, application => application.Spec.Connections);
            EmitNumber("Port", tcp, application => application.Spec.Port);
            EmitNumber("Backlog", tcp, application => application.Spec.Backlog);
            EmitNumber("FastOpenQueue", tcp, application => application.Spec.FastOpenQueue);
            code.Line();
            code.Block("public void Opened(int application, int slot, global::Millrace.Sockets.TcpSocket socket)", () => EmitSwitch(tcp, application =>
                application.Spec.Kind == ApplicationKind.AsyncSockets
                    ? "stack.Sockets.Opened(slot, socket);"
                    : $"stack.{Field(application)}[slot] = {New(application, "stack.")};"));
            EmitEvent("Connected", "", "");
            EmitEvent("Received", "", "");
            EmitEvent("Writable", "", "");
            EmitEvent("PeerClosed", "", "");
            EmitEvent("Closed", ", global::Millrace.Sockets.TcpCloseReason reason", ", reason");
        });
    }

    private void EmitEvent(string name, string parameters, string arguments)
    {
        code.Line();
        code.Block($"public void {name}(int application, int slot, global::Millrace.Sockets.TcpSocket socket{parameters})", () => EmitSwitch(tcp, application =>
            application.Spec.Kind == ApplicationKind.AsyncSockets
                ? $"stack.Sockets.{name}(slot, socket{arguments});"
                : $"stack.{Field(application)}[slot].{name}(socket{arguments});"));
    }

    private void EmitUdp()
    {
        code.Line();
        code.Summary("The applications over UDP, a switch.");
        code.Block("public readonly struct UdpApplications : global::Millrace.Sockets.IUdpApplications", () =>
        {
            EmitConstructor("UdpApplications");
            code.Line($"public int Count => {Text(udp.Length)};");
            EmitNumber("Port", udp, application => application.Spec.Port);
            code.Line();
            code.Block(
                "public void Received(int application, global::Millrace.Sockets.UdpDatagram datagram)",
                () => EmitSwitch(udp, application => $"stack.{Field(application)}.Received(datagram);"));
        });
    }

    private void EmitConstructor(string type)
    {
        code.Line($"private readonly {owner} stack;");
        code.Line();
        code.Line($"internal {type}({owner} stack) => this.stack = stack;");
        code.Line();
    }

    private void EmitNumber(string name, PlannedApplication[] applications, Func<PlannedApplication, int> value)
    {
        code.Line();
        code.Block($"public int {name}(int application) => application switch", () =>
        {
            foreach (var application in applications)
            {
                code.Line($"{Text(application.Number)} => {Text(value(application))},");
            }

            code.Line("_ => 0,");
        }, "};");
    }

    private void EmitSwitch(PlannedApplication[] applications, Func<PlannedApplication, string> body)
    {
        if (applications.Length == 0)
        {
            return;
        }

        code.Block("switch (application)", () =>
        {
            foreach (var application in applications)
            {
                code.Line($"case {Text(application.Number)}: // {application.Spec.Name}");
                code.Line("    " + body(application));
                code.Line("    break;");
            }
        });
    }

    private string New(PlannedApplication application, string prefix) =>
        $"new {application.Spec.Type}({string.Join(", ", application.Arguments.Select(item => argument(item, prefix)))})";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
