namespace Millrace;

/// <summary>
/// A hook at one or more of netfilter's points (include/uapi/linux/netfilter.h). It may stand anywhere below
/// <see cref="NetworkStackAttribute"/>: hooks of a point run by <see cref="Priority"/>, and where that is equal in source order.
/// </summary>
/// <typeparam name="THook">
/// A struct that implements <see cref="IPreRoutingHook"/>, <see cref="ILocalInHook"/>, <see cref="IForwardHook"/>,
/// <see cref="ILocalOutHook"/> or <see cref="IPostRoutingHook"/>; parameters of its constructor become members of Setup.
/// </typeparam>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class HookAttribute<THook> : Attribute
    where THook : struct
{
    /// <summary>The lower runs first; <see cref="NetfilterPriority"/> has the kernel's own.</summary>
    public int Priority { get; set; }

    /// <summary>A name, needed when a hook is used twice.</summary>
    public string? Name { get; set; }
}

/// <summary>Where the kernel's own hooks stand (enum nf_ip_hook_priorities, include/uapi/linux/netfilter_ipv4.h).</summary>
public static class NetfilterPriority
{
    public const int First = int.MinValue;
    public const int RawBeforeDefragmentation = -450;
    public const int Defragmentation = -400;
    public const int Raw = -300;
    public const int ConnectionTracking = -200;
    public const int Mangle = -150;
    public const int DestinationNat = -100;
    public const int Filter = 0;
    public const int Security = 50;
    public const int SourceNat = 100;
    public const int ConnectionTrackingHelper = 300;
    public const int Last = int.MaxValue;
}
