using Millrace.Benchmarks.Gate;

namespace Millrace.Benchmarks.Tests;

public class AllocationGateTests
{
    [Fact]
    public void Every_benchmark_allocates_what_the_file_says()
    {
        var differences = AllocationGate.Differences();
        Assert.True(differences.Count == 0, AllocationGate.Table(differences));
    }

    [Fact]
    public void One_byte_in_a_thousand_operations_is_not_none()
    {
        var difference = Assert.Single(Between(("A", 0), ("A", 0.001)));
        Assert.Equal(("A", 0, 0.001, "allocates more"), (difference.Name, difference.Kept, difference.Measured, difference.Meaning));
    }

    [Fact]
    public void Fewer_bytes_than_the_file_has_are_a_difference_too() =>
        Assert.Equal("allocates less", Assert.Single(Between(("A", 32), ("A", 24))).Meaning);

    [Fact]
    public void A_case_that_the_file_does_not_name_is_a_difference_and_so_is_one_that_only_the_file_names() =>
        Assert.Equal(["is no benchmark any more", "is not in the file"], Between(("A", 0), ("B", 0)).Select(static difference => difference.Meaning));

    [Fact]
    public void The_same_bytes_are_none() => Assert.Empty(Between(("A", 24), ("A", 24)));

    private static IReadOnlyList<AllocationDifference> Between((string Name, double Bytes) kept, (string Name, double Bytes) measured) =>
        AllocationDifference.Between(new Dictionary<string, double> { [kept.Name] = kept.Bytes }, new Dictionary<string, double> { [measured.Name] = measured.Bytes });
}
