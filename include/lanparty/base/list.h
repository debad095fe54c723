/* list.h - doubly linked lists whose nodes are members of their elements. */
#ifndef LANPARTY_BASE_LIST_H
#define LANPARTY_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* The head of an empty list points to itself. A node that is in no list is zero. */
struct lp_node {
	struct lp_node *next, *prev;
};

#define LP_ELEMENT(node, type, member) ((type *)(void *)((char *)(node) - offsetof(type, member)))

static inline void lp_list_init(struct lp_node *head)
{
	head->next = head->prev = head;
}

static inline struct lp_node *lp_list_first(const struct lp_node *head)
{
	return head->next == head ? NULL : head->next;
}

static inline bool lp_list_has(const struct lp_node *node)
{
	return node->next != NULL;
}

static inline void lp_list_append(struct lp_node *head, struct lp_node *node)
{
	node->prev = head->prev;
	node->next = head;
	head->prev->next = node;
	head->prev = node;
}

/* Does nothing if the node is in no list. */
static inline void lp_list_remove(struct lp_node *node)
{
	if (!node->next)
		return;
	node->prev->next = node->next;
	node->next->prev = node->prev;
	node->next = node->prev = NULL;
}

#endif
