/* stop-1s-c: the policy stop-1s once more, in C: it plays the lowest-numbered
 * packet that is here, leaves gaps out, and waits when nothing is here.
 *
 * A test lets it play beside the one in Rust: they do the same. `segue plugin
 * new --lang c` writes one that recovers what was lost. The tables at the end are
 * those that it writes, too, repeated on purpose: a plugin in C is one file beside
 * one header, to be copied and built alone. */
#include <stdlib.h>
#include <string.h>

#include "segue_policy.h"

static const segue_param params[] = {{
    SEGUE_PARAM_NUMBER, 0, SEGUE_STR("wait_s"), SEGUE_STR("s"),
    SEGUE_STR("wait when nothing is here"), 0.01, 60.0, 1.0, {0, 0}, 0,
}};

static const segue_descriptor descriptor = {
    sizeof(segue_descriptor), 1, sizeof(segue_param), 0,
    SEGUE_STR("stop-1s-c"), SEGUE_STR("1.0.0"),
    SEGUE_STR("plays what is here, leaves gaps out, waits a second when nothing is here"), params,
};

/* One instance serves one session: all that it remembers is here. */
typedef struct instance {
    uint64_t wait_ns;
    uint64_t until_ns;
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
    self->wait_ns = (uint64_t)(setup->values->number * 1e9);
    *made = self;
    return SEGUE_OK;
}

static void destroy(void *self) { free(self); }

static int is_here(const segue_view *view, uint32_t packet) {
    return (int)(view->here[packet / 64] >> (packet % 64) & 1);
}

/* The first packet from the playhead on that is here (or is not); `packets` if
 * there is none. */
static uint32_t next(const segue_view *view, int here) {
    uint32_t packet = view->playhead;
    while (packet < view->packets && is_here(view, packet) != here) {
        packet++;
    }
    return packet;
}

/* Elements may be longer than this header knows: hence the stride. */
static const segue_seeder *seeder_at(const segue_view *view, uint32_t index) {
    const char *base = (const char *)view->seeders;
    return (const segue_seeder *)(const void *)(base + view->seeder_stride * index);
}

/* Everybody who has the track streams what is missing. Answers whether there is
 * somebody, and no packet will come unless it is asked for. */
static int stream_from_all(const segue_view *view, const segue_actions *actions) {
    uint32_t i, first = next(view, 0), living = 0, ended = 0;
    for (i = 0; i < view->seeder_count; i++) {
        const segue_seeder *seeder = seeder_at(view, i);
        if (!(seeder->flags & SEGUE_SEEDER_ALIVE)) {
            continue;
        }
        living++;
        ended += (seeder->flags & SEGUE_SEEDER_STREAM_ENDED) && seeder->outstanding == 0;
        if (!(seeder->flags & SEGUE_SEEDER_STREAMING) && first < view->packets) {
            actions->stream(actions->ctx, i, first, 0.0);
        }
    }
    return living > 0 && ended == living;
}

/* The answer is `hold` until it is set. */
static int32_t decide(void *data, const segue_view *view, const segue_actions *actions,
                      segue_decision *answer) {
    static const segue_str waiting = SEGUE_STR("nothing is here: waiting");
    instance *self = data;
    int nothing_to_come = stream_from_all(view, actions);
    uint32_t packet;
    if (!(view->flags & SEGUE_VIEW_FRAME_DUE) || view->now_ns < self->until_ns) {
        return SEGUE_OK;
    }
    packet = next(view, 1);
    if (packet < view->packets || nothing_to_come) {
        answer->kind = SEGUE_DECIDE_SKIP_TO;
        answer->packet = packet; /* or the end of the track */
        return SEGUE_OK;
    }
    actions->log(actions->ctx, waiting);
    self->until_ns = view->now_ns + self->wait_ns;
    actions->wake_at(actions->ctx, self->until_ns);
    return SEGUE_OK;
}

static const segue_policy_table table = {
    sizeof(segue_policy_table), 0, &descriptor, create, destroy, decide, NULL,
};

static const void *interface_table(segue_str id) {
    static const char known[] = SEGUE_POLICY_INTERFACE;
    return id.len == sizeof known - 1 && memcmp(id.ptr, known, id.len) == 0 ? &table : NULL;
}

const segue_entry *segue_plugin_entry(void) {
    static const segue_entry entry = {
        SEGUE_MAJOR, SEGUE_MINOR, sizeof(segue_entry), 0, interface_table,
    };
    return &entry;
}
