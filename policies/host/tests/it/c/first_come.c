/* first-come: a policy in C. Streams from everybody, plays what is here, leaves
 * gaps out, and asks the first seeder for the packet it waits for. */
#include <stdlib.h>

#include "segue_policy.h"

#ifndef VERSION
#define VERSION "1.0.0"
#endif

static const segue_param params[] = {{
    SEGUE_PARAM_NUMBER, 0, SEGUE_STR("patience_s"), SEGUE_STR("s"),
    SEGUE_STR("wait before looking again"), 0.0, 10.0, 0.5, {0, 0}, 0,
}};

static const segue_descriptor descriptor = {
    sizeof(segue_descriptor), 1, sizeof(segue_param), 0,
    SEGUE_STR("first-come"), SEGUE_STR(VERSION), SEGUE_STR("plays what is here, in C"), params,
};

typedef struct instance {
    uint64_t patience_ns;
    uint64_t next_id;
} instance;

static int32_t create(const segue_setup *setup, void **made) {
    instance *self;
    if (setup->value_count != 1) {
        return SEGUE_INVALID;
    }
    self = calloc(1, sizeof *self);
    if (self == NULL) {
        return SEGUE_FULL;
    }
    self->patience_ns = (uint64_t)(setup->values->number * 1e9);
    *made = self;
    return SEGUE_OK;
}

static void destroy(void *self) { free(self); }

static int is_here(const segue_view *view, uint32_t packet) {
    return (int)(view->here[packet / 64] >> (packet % 64) & 1);
}

static const segue_seeder *seeder_at(const segue_view *view, uint32_t index) {
    const char *base = (const char *)view->seeders;
    return (const segue_seeder *)(const void *)(base + view->seeder_stride * index);
}

static int32_t decide(void *data, const segue_view *view, const segue_actions *actions,
                      segue_decision *answer) {
    static const segue_str waiting = SEGUE_STR("nothing is here: waiting");
    instance *self = data;
    uint32_t i;
    for (i = 0; i < view->seeder_count; i++) {
        uint32_t flags = seeder_at(view, i)->flags;
        if ((flags & SEGUE_SEEDER_ALIVE) && !(flags & SEGUE_SEEDER_STREAMING)) {
            actions->stream(actions->ctx, i, view->playhead, 0.0);
        }
    }
    if (!(view->flags & SEGUE_VIEW_FRAME_DUE)) {
        return SEGUE_OK;
    }
    for (i = view->playhead; i < view->packets; i++) {
        if (is_here(view, i)) {
            answer->kind = i == view->playhead ? SEGUE_DECIDE_PLAY : SEGUE_DECIDE_SKIP_TO;
            answer->packet = i;
            return SEGUE_OK;
        }
    }
    if (view->seeder_count > 0) {
        segue_range range = {0, 1, 1, 0};
        range.first = view->playhead;
        actions->request(actions->ctx, ++self->next_id, 0, &range, 1, sizeof range, 0.0);
    }
    actions->log(actions->ctx, waiting);
    actions->wake_at(actions->ctx, view->now_ns + self->patience_ns);
    return SEGUE_OK;
}

static const segue_policy_table table = {
    sizeof(segue_policy_table), 0, &descriptor, create, destroy, decide, NULL,
};

static const void *interface_table(segue_str id) {
    static const char known[] = SEGUE_POLICY_INTERFACE;
    size_t i;
    if (id.len != sizeof known - 1) {
        return NULL;
    }
    for (i = 0; i < id.len; i++) {
        if ((char)id.ptr[i] != known[i]) {
            return NULL;
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
