using Millrace;

[assembly: Fallback(PacketFact.ChecksumVerified, typeof(SoftwareChecksumAttribute))]
