namespace Millrace.Profiles;

/// <summary>How a program is started so that the runtime counts in all its methods until it ends, and writes what it counted.</summary>
public static class Recording
{
    /// <summary>
    /// Variables of its environment. Methods stay in the tier that counts: none is compiled anew after so many calls, or so many rounds of a loop.
    /// </summary>
    /// <param name="dump">The file that the runtime writes when the program has ended by itself; <see cref="ProfileDump"/> reads it.</param>
    public static IReadOnlyDictionary<string, string> Environment(string dump) => new Dictionary<string, string>
    {
        ["DOTNET_WritePGOData"] = "1",
        ["DOTNET_PGODataPath"] = Path.GetFullPath(dump),
        ["DOTNET_TieredCompilation"] = "1",
        ["DOTNET_TieredPGO"] = "1",
        ["DOTNET_TieredPGO_InstrumentOnlyHotCode"] = "0",
        ["DOTNET_TC_CallCounting"] = "0",
        ["DOTNET_OSR_HitLimit"] = "7FFFFFFF",
    };
}
