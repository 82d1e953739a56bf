/* @NAME@: a network model for Segue, in C.
 *
 * It is shown each datagram and answers what becomes of it. Results depend only
 * on what it is shown, its parameters and its seed: no clock, no threads, no
 * files, no variables outside of an instance. The header documents everything. */
#include <stdlib.h>
#include <string.h>

#include "segue_policy.h"

/* Each parameter with unit, help, range and default. */
static const segue_param params[] = {
    {SEGUE_PARAM_NUMBER, 0, SEGUE_STR("loss"), SEGUE_STR(""),
     SEGUE_STR("share of the datagrams that is lost"), 0.0, 1.0, 0.05, {0, 0}, 0},
    {SEGUE_PARAM_NUMBER, 0, SEGUE_STR("delay"), SEGUE_STR("s"),
     SEGUE_STR("delay of the others, one way"), 0.0, 10.0, 0.02, {0, 0}, 0},
};

static const segue_descriptor descriptor = {
    sizeof(segue_descriptor), 2, sizeof(segue_param), 0,
    SEGUE_STR("@NAME@"), SEGUE_STR("0.1.0"),
    SEGUE_STR("loses datagrams one by one, and delays the others"), params,
};

typedef struct instance {
    double loss;
    uint64_t delay_ns;
    uint64_t seed;
} instance;

/* Values may be longer than this header knows: hence the stride. */
static double value(const segue_setup *setup, size_t index) {
    const char *base = (const char *)setup->values;
    return ((const segue_value *)(const void *)(base + setup->value_stride * index))->number;
}

static int32_t create(const segue_setup *setup, void **made) {
    instance *self;
    if (setup->value_count != 2) {
        return SEGUE_INVALID;
    }
    self = calloc(1, sizeof *self);
    if (self == NULL) {
        return SEGUE_FULL;
    }
    self->loss = value(setup, 0);
    self->delay_ns = (uint64_t)(value(setup, 1) * 1e9);
    self->seed = setup->seed;
    *made = self;
    return SEGUE_OK;
}

static void destroy(void *self) { free(self); }

/* The finalizer of SplitMix64: a good mixture of all bits. */
static uint64_t mixed(uint64_t x) {
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* Called for every datagram, in order of time. */
static int32_t transit(void *data, const segue_datagram *datagram, segue_fate *fate) {
    const instance *self = data;
    /* The draw belongs to the datagram's place in its flow, so that every policy
     * meets the same losses, however much it says. */
    uint64_t flow = (uint64_t)datagram->link * 4 + datagram->direction * 2 + datagram->traffic;
    uint64_t draw = mixed(self->seed ^ mixed(flow << 40 | datagram->index));
    if ((double)(draw >> 11) / 9007199254740992.0 >= self->loss) {
        fate->copies = 1; /* it is 0, lost, until it is set */
        fate->delay_ns[0] = self->delay_ns;
    }
    return SEGUE_OK;
}

static const segue_network_table table = {
    sizeof(segue_network_table), 0, &descriptor, create, destroy, transit, NULL,
};

static const void *interface_table(segue_str id) {
    static const char known[] = SEGUE_NETWORK_INTERFACE;
    return id.len == sizeof known - 1 && memcmp(id.ptr, known, id.len) == 0 ? &table : NULL;
}

const segue_entry *segue_plugin_entry(void) {
    static const segue_entry entry = {
        SEGUE_MAJOR, SEGUE_MINOR, sizeof(segue_entry), 0, interface_table,
    };
    return &entry;
}
