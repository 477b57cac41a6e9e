namespace Millrace.Testing;

/// <summary>
/// Makes a partial class the unspecialised twin of a declared stack: the same declaration, run by one hand-written
/// interpreter instead of a compiled loop. Both must agree on every byte, counter, drop and charge.
/// </summary>
/// <typeparam name="TStack">The class that carries <see cref="NetworkStackAttribute"/>.</typeparam>
[AttributeUsage(AttributeTargets.Class)]
public sealed class TwinOfAttribute<TStack> : Attribute
    where TStack : class;
