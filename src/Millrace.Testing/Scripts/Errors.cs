using System.Globalization;

namespace Millrace.Testing.Scripts;

/// <summary>Errors of Linux by name (asm-generic/errno-base.h, errno.h).</summary>
internal static class Errors
{
    private static readonly Dictionary<string, int> Numbers = new()
    {
        ["EPERM"] = 1, ["EINTR"] = 4, ["EBADF"] = 9, ["EAGAIN"] = 11, ["ENOMEM"] = 12, ["EACCES"] = 13, ["EFAULT"] = 14,
        ["EINVAL"] = 22, ["EMFILE"] = 24, ["EPIPE"] = 32, ["EPROTO"] = 71, ["EMSGSIZE"] = 90, ["ENOPROTOOPT"] = 92,
        ["EOPNOTSUPP"] = 95, ["EADDRINUSE"] = 98, ["EADDRNOTAVAIL"] = 99, ["ENETDOWN"] = 100, ["ENETUNREACH"] = 101,
        ["ECONNABORTED"] = 103, ["ECONNRESET"] = 104, ["ENOBUFS"] = 105, ["EISCONN"] = 106, ["ENOTCONN"] = 107,
        ["ETIMEDOUT"] = 110, ["ECONNREFUSED"] = 111, ["EHOSTUNREACH"] = 113, ["EALREADY"] = 114, ["EINPROGRESS"] = 115,
    };

    public const int TryAgain = 11;
    public const int InProgress = 115;

    public static IEnumerable<string> Names => Numbers.Keys;

    public static bool TryNumber(string name, out int number) => Numbers.TryGetValue(name, out number);

    public static int Number(string name) => Numbers[name];

    /// <summary>A result of a call in words.</summary>
    public static string Describe(long result) =>
        Numbers.FirstOrDefault(known => known.Value == -result).Key ?? result.ToString(CultureInfo.InvariantCulture);
}
