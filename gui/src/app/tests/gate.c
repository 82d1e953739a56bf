/* gate: a network model in C that lets everything through, or nothing. */
#include "segue_policy.h"

static const segue_descriptor descriptor = {
    sizeof(segue_descriptor), 0, sizeof(segue_param), 0,
    SEGUE_STR("gate"), SEGUE_STR(VERSION), SEGUE_STR("is open or not"), 0,
};

static int32_t create(const segue_setup *setup, void **made) {
    static int nothing;
    (void)setup;
    *made = &nothing;
    return SEGUE_OK;
}

static void destroy(void *self) { (void)self; }

static int32_t transit(void *self, const segue_datagram *datagram, segue_fate *fate) {
    (void)self;
    (void)datagram;
    fate->copies = OPEN;
    return SEGUE_OK;
}

static const segue_network_table table = {
    sizeof(segue_network_table), 0, &descriptor, create, destroy, transit, 0,
};

static const void *interface_table(segue_str id) {
    static const char known[] = SEGUE_NETWORK_INTERFACE;
    size_t i;
    if (id.len != sizeof known - 1) {
        return 0;
    }
    for (i = 0; i < id.len; i++) {
        if ((char)id.ptr[i] != known[i]) {
            return 0;
        }
    }
    return &table;
}

const segue_entry *segue_plugin_entry(void) {
    static const segue_entry entry = {
        SEGUE_MAJOR, SEGUE_MINOR, sizeof(segue_entry), 0, interface_table,
    };
    return &entry;
}
