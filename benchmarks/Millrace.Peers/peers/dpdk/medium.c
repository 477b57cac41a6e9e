#include "medium.h"

#include "../common/reading.h"

#include <rte_bus_vdev.h>

static uint16_t port_start(const char *name, uint32_t length, struct rte_mempool *pool)
{
    char arguments[32];
    uint16_t port;
    struct rte_eth_conf configuration = {0};
    snprintf(arguments, sizeof arguments, "size=%u,copy=0", length);
    if (rte_vdev_init(name, arguments) != 0 || rte_eth_dev_get_port_by_name(name, &port) != 0
        || rte_eth_dev_configure(port, 1, 1, &configuration) != 0
        || rte_eth_rx_queue_setup(port, 0, 512, SOCKET_ID_ANY, NULL, pool) != 0
        || rte_eth_tx_queue_setup(port, 0, 512, SOCKET_ID_ANY, NULL) != 0 || rte_eth_dev_start(port) != 0)
        fail("the null device %s does not start", name);
    return port;
}

// rte_pktmbuf_pool_create with RTE_MEMPOOL_F_NO_IOVA_CONTIG: no device here needs an mbuf within one page. With pages of 4 KiB each
// mbuf would begin one otherwise, all in the same sets of the cache, and everything takes three times as long.
static struct rte_mempool *pool_create(const char *name, uint32_t count, uint32_t cache, const char *ring)
{
    struct rte_pktmbuf_pool_private sizes = {.mbuf_data_room_size = RTE_MBUF_DEFAULT_BUF_SIZE};
    struct rte_mempool *pool = rte_mempool_create_empty(name, count, sizeof(struct rte_mbuf) + RTE_MBUF_DEFAULT_BUF_SIZE, cache, sizeof sizes,
                                                        SOCKET_ID_ANY, RTE_MEMPOOL_F_NO_IOVA_CONTIG);
    if (!pool || rte_mempool_set_ops_byname(pool, ring, NULL) != 0)
        fail("no memory for a pool of mbufs");
    rte_pktmbuf_pool_init(pool, &sizes);
    if (rte_mempool_populate_default(pool) != (int)count)
        fail("no memory for %u mbufs", count);
    rte_mempool_obj_iter(pool, rte_pktmbuf_init, NULL);
    return pool;
}

void medium_start(struct medium *medium, uint32_t length, uint16_t batch, enum order order)
{
    // A pool's cache is a stack: what was freed last is taken first. Without one, its ring is first in, first out.
    uint32_t hot = RTE_MAX(256u, 2u * batch);
    medium->pool = order == LAST_IN_FIRST_OUT
        ? pool_create("hot", hot, hot / 2, "ring_mp_mc")
        : pool_create("cold", 4096, 0, "ring_sp_sc");
    medium->length = length;
    medium->batch = batch;
    medium->stride = RTE_ALIGN_CEIL(length, 64);
    medium->frames = aligned_alloc(4096, RTE_ALIGN_CEIL(medium->stride * FRAMES, 4096));
    if (!medium->frames)
        fail("no memory for the frames");
    memset(medium->frames, 0, medium->stride * FRAMES);
    medium->in = port_start("net_null0", length, medium->pool);
    medium->out = port_start("net_null1", length, medium->pool);
}
