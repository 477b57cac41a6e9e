namespace Millrace;

/// <summary>
/// The handler of the frames that an interface receives (netdev_rx_handler_register), behind the taps and before the protocols. An
/// interface has one at most, a bridge it is a port of included; with several interfaces <c>On</c> names it.
/// </summary>
/// <typeparam name="THandler">
/// A struct that implements <see cref="IRxHandler"/>; parameters of its constructor become members of Setup.
/// </typeparam>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class RxHandlerAttribute<THandler> : StageAttribute
    where THandler : struct
{
    /// <summary>A name, needed when a handler is used for two interfaces.</summary>
    public string? Name { get; set; }
}
