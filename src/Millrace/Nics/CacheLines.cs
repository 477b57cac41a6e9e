using System.Runtime.InteropServices;

namespace Millrace.Nics;

/// <summary>The last field of an object that one thread writes, when others of its kind lie next to it: a pair of lines, as they are fetched.</summary>
[StructLayout(LayoutKind.Sequential, Size = 128)]
internal readonly struct CacheLines;
