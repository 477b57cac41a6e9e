// Allocation is measured a thread at a time, but a collection that a test on another thread asks for shows in it.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
