namespace Millrace.Tcp;

/// <summary>What TCP counts, under the names of /proc/net/snmp and /proc/net/netstat. One worker writes it.</summary>
public struct TcpCounters
{
    public long ActiveOpens;
    public long PassiveOpens;
    public long AttemptFails;
    public long EstabResets;
    public long InSegs;
    public long OutSegs;
    public long RetransSegs;
    public long InErrs;
    public long OutRsts;
    public long InCsumErrors;

    public long SyncookiesSent;
    public long SyncookiesRecv;
    public long SyncookiesFailed;
    public long ListenOverflows;
    public long ListenDrops;
    public long OutOfWindowIcmps;
    public long TW;
    public long TWRecycled;
    public long TCPTimeWaitOverflow;
    public long PAWSEstab;
    public long DelayedACKs;
    public long TCPHPHits;
    public long TCPPureAcks;
    public long TCPRenoRecovery;
    public long TCPSackRecovery;
    public long TCPSACKReneging;
    public long TCPSACKReorder;
    public long TCPTSReorder;
    public long TCPFullUndo;
    public long TCPPartialUndo;
    public long TCPDSACKUndo;
    public long TCPLossUndo;
    public long TCPLostRetransmit;
    public long TCPSackRecoveryFail;
    public long TCPLossProbes;
    public long TCPLossProbeRecovery;
    public long TCPDSACKOldSent;
    public long TCPDSACKOfoSent;
    public long TCPDSACKRecv;
    public long TCPDSACKOfoRecv;
    public long TCPSACKDiscard;
    public long TCPDSACKIgnoredOld;
    public long TCPDSACKIgnoredNoUndo;
    public long TCPSpuriousRTOs;
    public long TCPFastRetrans;
    public long TCPSlowStartRetrans;
    public long TCPTimeouts;
    public long TCPSpuriousRtxHostQueues;
    public long TCPRenoRecoveryFail;
    public long PruneCalled;
    public long RcvPruned;
    public long OfoPruned;
    public long TCPRcvCollapsed;
    public long TCPRcvQDrop;
    public long TCPRcvCoalesce;
    public long TCPOFOQueue;
    public long TCPOFODrop;
    public long TCPOFOMerge;
    public long TCPZeroWindowDrop;
    public long TCPChallengeACK;
    public long TCPSYNChallenge;
    public long TCPACKSkippedChallenge;
    public long TCPACKSkippedSeq;
    public long TCPACKSkippedPAWS;
    public long TCPDeferAcceptDrop;
    public long TCPAbortOnData;
    public long TCPAbortOnClose;
    public long TCPAbortOnTimeout;
    public long TCPAbortOnLinger;
    public long TCPAbortOnMemory;
    public long TCPReqQFullDoCookies;
    public long TCPReqQFullDrop;
    public long TCPMemoryPressures;

    /// <summary>Milliseconds of memory pressure, counted when one ends.</summary>
    public long TCPMemoryPressuresChrono;
    public long TCPSynRetrans;
    public long TCPKeepAlive;
    public long TCPFromZeroWindowAdv;
    public long TCPToZeroWindowAdv;
    public long TCPWinProbe;
    public long TCPWantZeroWindowAdv;
    public long TCPFastOpenActive;
    public long TCPFastOpenActiveFail;
    public long TCPFastOpenPassive;
    public long TCPFastOpenPassiveFail;
    public long TCPFastOpenListenOverflow;
    public long TCPFastOpenCookieReqd;
    public long TCPFastOpenPassiveAltKey;

    /// <summary>How often sending stopped because too much was below TCP; the kernel counts it nowhere.</summary>
    public long SmallQueueThrottled;

    /// <summary>How often a connection that moves much, or has lost, found no entry for it (<see cref="ITcpSettings.Transfers"/>).</summary>
    public long TransfersRefused;

    /// <summary>Replies without a connection that found the outbox or the reserve full.</summary>
    public long RepliesLost;
}
