namespace Millrace.Ip;

/// <summary>
/// The routes of a declaration, for a network stage's constructor: the parameter is optional, and left out where none is declared.
/// They are the program's own data, so nothing is parsed when a stack is made.
/// </summary>
public sealed class DeclaredRoutes
{
    /// <summary>Numbers a route.</summary>
    public const int Length = 6;

    private readonly Ipv4Route[] routes;

    /// <param name="words">Network, prefix length, gateway, interface, metric and kind of each route.</param>
    public DeclaredRoutes(ReadOnlySpan<uint> words)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(words.Length % Length, 0);
        routes = new Ipv4Route[words.Length / Length];
        for (var i = 0; i < routes.Length; i++)
        {
            var route = words.Slice(i * Length, Length);
            routes[i] = new Ipv4Route(route[0], (byte)route[1], route[2], (byte)route[3], route[4], (RouteKind)route[5]);
        }
    }

    /// <summary>The routes in the order of the declaration.</summary>
    public IReadOnlyList<Ipv4Route> Routes => routes;

    internal void AddTo(Ipv4Layer layer) => layer.AddRoutes(routes);
}
