using Millrace;

[assembly: Fallback(PacketFact.ChecksumVerified, typeof(SoftwareChecksumAttribute))]
[assembly: BetweenWorkers(typeof(FlowOwnerAttribute))]
