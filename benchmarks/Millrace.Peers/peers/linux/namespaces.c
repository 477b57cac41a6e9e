#include "namespaces.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char *const device[] = {"client", "server"};
static int descriptor[2];
static clockid_t softirq_clock;

const char *namespaces_congestion_control;

void namespace_enter(int which)
{
    if (setns(descriptor[which], CLONE_NEWNET) != 0)
        fail("setns: %s", strerror(errno));
}

void namespace_set(const char *name, const char *value)
{
    char path[100];
    snprintf(path, sizeof path, "/proc/sys/net/%s", name);
    int file = open(path, O_WRONLY);
    if (file < 0 || write(file, value, strlen(value)) < 0)
        fail("%s: %s", path, strerror(errno));
    close(file);
}

void namespace_ip(const char *format, ...)
{
    char command[200] = "ip ";
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(command + 3, sizeof command - 3, format, arguments);
    va_end(arguments);
    if (system(command) != 0)
        fail("failed: %s", command);
}

static void offload_set(int socket, const char *name, uint32_t feature, bool on)
{
    struct ethtool_value value = {feature, on};
    struct ifreq request = {.ifr_data = (char *)&value};
    strcpy(request.ifr_name, name);
    if (ioctl(socket, SIOCETHTOOL, &request) != 0)
        fail("ethtool %u of %s: %s", feature, name, strerror(errno));
}

// ksoftirqd/N continues what a softirq has not finished.
void softirq_clock_find(void)
{
    char wanted[32], name[32] = "";
    snprintf(wanted, sizeof wanted, "ksoftirqd/%d\n", sched_getcpu());
    DIR *processes = opendir("/proc");
    for (struct dirent *entry; processes && (entry = readdir(processes));) {
        char path[300];
        snprintf(path, sizeof path, "/proc/%s/comm", entry->d_name);
        FILE *file = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' ? fopen(path, "r") : NULL;
        if (!file)
            continue;
        bool found = fgets(name, sizeof name, file) && strcmp(name, wanted) == 0;
        fclose(file);
        if (found && clock_getcpuclockid(atoi(entry->d_name), &softirq_clock) == 0) {
            closedir(processes);
            return;
        }
    }
    fail("no process %s", wanted);
}

bool namespace_new(const char *variant)
{
    if (unshare(CLONE_NEWNET) == 0)
        return true;
    char why[100];
    snprintf(why, sizeof why, "needs root for network namespaces: %s", strerror(errno));
    print_unsupported(variant, why);
    return false;
}

bool namespaces_make(const char *variant, struct offloads offloads)
{
    bool full = strstr(variant, "full");
    namespaces_congestion_control = full ? "cubic" : NULL;
    for (int i = 0; i < 2; i++) {
        if (!namespace_new(variant))
            return false;
        descriptor[i] = open("/proc/thread-self/ns/net", O_RDONLY);
    }
    namespace_enter(CLIENT);
    namespace_ip("link add client mtu 1500 type veth peer name server mtu 1500 netns /proc/%d/fd/%d", getpid(), descriptor[SERVER]);
    for (int i = 0; i < 2; i++) {
        namespace_enter(i);
        int socket_ = socket(AF_INET, SOCK_DGRAM, 0);
        const uint32_t segmentation[] = {ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO}, checksum[] = {ETHTOOL_STXCSUM, ETHTOOL_SRXCSUM};
        for (int f = 0; f < 2; f++)
            offload_set(socket_, device[i], checksum[f], offloads.checksum);
        for (int f = 0; f < 3; f++)
            offload_set(socket_, device[i], segmentation[f], offloads.segmentation);
        close(socket_);
        namespace_set("ipv4/tcp_timestamps", full || strstr(variant, "timestamps") ? "1" : "0");
        namespace_set("ipv4/ip_local_port_range", "1024 65535");
        namespace_ip("addr add 10.0.0.%d/24 dev %s", i + 1, device[i]);
        namespace_ip("link set %s up", device[i]);
    }
    softirq_clock_find();
    return true;
}

uint64_t namespace_counter(int which, const char *name)
{
    namespace_enter(which);
    char names[1000], values[1000];
    FILE *file = fopen("/proc/thread-self/net/snmp", "r");
    while (file && fgets(names, sizeof names, file) && fgets(values, sizeof values, file)) {
        if (strncmp(names, "Tcp:", 4) != 0)
            continue;
        char *after_name, *after_value, *value = strtok_r(values, " \n", &after_value);
        for (char *seen = strtok_r(names, " \n", &after_name); seen && value;) {
            if (strcmp(seen, name) == 0) {
                uint64_t count = strtoull(value, NULL, 10);
                fclose(file);
                return count;
            }
            seen = strtok_r(NULL, " \n", &after_name);
            value = strtok_r(NULL, " \n", &after_value);
        }
    }
    fail("no counter %s in /proc/net/snmp", name);
}

bool namespace_verifies_checksums(uint16_t port)
{
    uint64_t before = namespace_counter(SERVER, "InCsumErrors");
    namespace_enter(CLIENT);
    struct tcphdr segment = {.source = htons(7), .dest = htons(port), .doff = 5, .ack = 1, .check = htons(0xBAD)};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = inet_addr("10.0.0.2")};
    int raw = socket(AF_INET, SOCK_RAW, IPPROTO_TCP);
    if (raw < 0 || sendto(raw, &segment, sizeof segment, 0, (struct sockaddr *)&to, sizeof to) < 0)
        fail("raw segment: %s", strerror(errno));
    close(raw);
    for (int i = 0; i < 100 && namespace_counter(SERVER, "InCsumErrors") == before; i++)
        usleep(1000);
    return namespace_counter(SERVER, "InCsumErrors") == before + 1;
}

struct stopwatch kernel_stopwatch_start(void)
{
    struct stopwatch start = stopwatch_start();
    start.cpu += nanoseconds(softirq_clock);
    return start;
}

struct stopwatch kernel_stopwatch_elapsed(struct stopwatch start)
{
    struct stopwatch elapsed = stopwatch_elapsed(start);
    elapsed.cpu += nanoseconds(softirq_clock);
    return elapsed;
}
