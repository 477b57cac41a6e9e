namespace Millrace;

/// <summary>
/// Decides about every packet of an interface before the protocols see it (rx_handler_func_t), as Linux's bridge, bond and macvlan
/// do. It is a struct and lives by the rules of a stage: its fields are its state, <see cref="Handle"/> is called directly and inlined, and
/// it may be any of the interfaces beside (<see cref="ITimed"/>, <see cref="IEgressStage"/>, <see cref="IResumesIngress"/>, …) but
/// <see cref="IIngressStage"/>. Declared by <see cref="RxHandlerAttribute{THandler}"/>.
/// </summary>
public interface IRxHandler
{
    /// <summary>The cursor is at the network header, the link header before it in the metadata's data.</summary>
    RxHandlerResult Handle(ref Packet packet);
}
