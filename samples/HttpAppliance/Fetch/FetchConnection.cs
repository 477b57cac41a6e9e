using HttpAppliance.Http;
using Millrace.Sockets;

namespace HttpAppliance.Fetch;

/// <summary>The client's side of a connection: fetches what the plan says, one after another, and compares every byte.</summary>
public struct FetchConnection(FetchPlan plan) : ITcpHandler
{
    private readonly ResponseReader response = new();
    private int requestSent;
    private bool isInBody;

    public void Connected(TcpSocket socket) => Ask(socket);

    public void Writable(TcpSocket socket)
    {
        if (requestSent < plan.Request.Length)
        {
            Send(socket);
        }
    }

    public void Received(TcpSocket socket)
    {
        while (plan.Failure is null)
        {
            var piece = socket.Peek();
            if (piece.IsEmpty)
            {
                return;
            }

            if (plan.IsComplete)
            {
                plan.Fail("bytes came after the last response");
                break;
            }

            socket.Consume(isInBody ? plan.Verify(piece) : ReadHead(piece));
            if (isInBody && plan.Failure is null && plan.TryFinishTarget())
            {
                isInBody = false;
                Ask(socket);
            }
        }

        socket.Abort();
    }

    public readonly void PeerClosed(TcpSocket socket)
    {
        if (!plan.IsComplete)
        {
            plan.Fail($"the server closed after {plan.VerifiedBytes} bytes");
        }

        socket.Shutdown();
    }

    public readonly void Closed(TcpSocket socket, TcpCloseReason reason)
    {
        if (!plan.IsComplete)
        {
            plan.Fail($"the connection ended ({reason}) after {plan.VerifiedBytes} bytes");
        }

        plan.IsClosed = true;
    }

    private void Ask(TcpSocket socket)
    {
        if (plan.Request.IsEmpty)
        {
            socket.Shutdown();
            return;
        }

        response.Reset();
        requestSent = 0;
        Send(socket);
    }

    private void Send(TcpSocket socket) => requestSent += socket.Write(plan.Request[requestSent..]);

    private int ReadHead(ReadOnlySpan<byte> piece)
    {
        var status = response.Read(piece, out var consumed);
        if (status == ReadStatus.Failed)
        {
            plan.Fail("the response is not HTTP");
        }
        else if (status == ReadStatus.Complete)
        {
            isInBody = plan.Accept(response.Status, response.ContentLength);
        }

        return consumed;
    }
}
